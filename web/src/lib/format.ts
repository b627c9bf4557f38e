// Numbers as people read them: durations, weights, lengths, sizes and clock times. Unit symbols are SI and the same in
// every language; words around them come from the message files.

const NBSP = '\u00a0'
export const DASH = '\u2013'

/** "3 h 42 min", "12 min", "58 s". No leading zeros. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return DASH
  if (seconds < 60) return `${Math.round(seconds)}${NBSP}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes}${NBSP}min`
  const h = Math.floor(minutes / 60)
  const m = minutes % 60
  return m ? `${h}${NBSP}h ${m}${NBSP}min` : `${h}${NBSP}h`
}

/** Waiting time in rows: "58 min", "1:52 h", and whole days from 48 hours on. */
export function waiting(seconds: number, locale = 'en'): string {
  const minutes = Math.max(0, Math.floor(seconds / 60))
  if (minutes < 1) return `<${NBSP}1${NBSP}min`
  if (minutes < 60) return `${minutes}${NBSP}min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}${NBSP}h`
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(
    Math.floor(minutes / 1440),
  )
}

/** "68 g", from 1000 g "1.9 kg". */
export function weight(grams: number | null | undefined, locale = 'en'): string {
  if (grams === null || grams === undefined) return DASH
  if (Math.round(grams) < 1000) {
    const digits = grams < 10 && grams % 1 !== 0 ? 1 : 0
    return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(grams)}${NBSP}g`
  }
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(grams / 1000)}${NBSP}kg`
}

/** Filament length in metres: "23.1 m". */
export function metres(mm: number | null | undefined, locale = 'en'): string {
  if (mm === null || mm === undefined) return DASH
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(mm / 1000)}${NBSP}m`
}

/** How much material: grams, or metres when the file does not say how much they weigh. */
export const amount = (facts: { filament_g?: number | null; filament_mm?: number | null } | null | undefined, locale = 'en') =>
  facts?.filament_g == null ? metres(facts?.filament_mm, locale) : weight(facts.filament_g, locale)

/** Layer height: "0.20 mm". */
export function layerHeight(mm: number | null | undefined, locale = 'en'): string {
  if (mm === null || mm === undefined) return DASH
  return `${new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(mm)}${NBSP}mm`
}

/** "92.0 x 92.0 x 26.0 mm" */
export function dimensions(size: number[] | null | undefined): string {
  return size ? `${size.map((v) => v.toFixed(1)).join(' x ')}${NBSP}mm` : ''
}

/** "8.4 MB"; decimal units as browsers and printers show them. */
export function bytes(n: number, locale = 'en'): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let i = 0
  let value = n
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000
    i += 1
  }
  const digits = i === 0 || value >= 100 ? 0 : 1
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)}${NBSP}${units[i]}`
}

export const percent = (n: number | null | undefined): string =>
  n === null || n === undefined ? DASH : `${Math.round(n)}${NBSP}%`

export const degrees = (n: number): string => `${Math.round(n)}${NBSP}°C`

/** Today "15:50", tomorrow "tomorrow 09:10", else "23 Nov, 15:50". The words come from the caller. */
export function clock(
  iso: string | Date,
  now: Date,
  locale: string,
  tomorrow: (time: string) => string,
): string {
  const at = typeof iso === 'string' ? new Date(iso) : iso
  const time = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, { hour: '2-digit', minute: '2-digit' }).format(at)
  const day = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
  const days = Math.round((day(at) - day(now)) / 86_400_000)
  if (days === 0) return time
  if (days === 1) return tomorrow(time)
  const date = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    day: 'numeric',
    month: 'short',
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(at)
  return `${date}, ${time}`
}

/** "23 Nov 2026", with the time "23 Nov 2026, 12:52". */
export function day(iso: string, locale: string, time = false): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...(time ? { hour: '2-digit', minute: '2-digit' } : {}),
  }).format(new Date(iso))
}

export function fullTime(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, { dateStyle: 'full', timeStyle: 'medium' }).format(
    new Date(iso),
  )
}

/** "LB" for Lena Brandt; works for one name and for surrogate pairs. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const first = [...(words[0] ?? '?')][0] ?? '?'
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? '')][0] ?? '') : ''
  return (first + last).toUpperCase()
}

/** "Mia, Ada and 3 more": at most three of them, as a sentence of this language has them. */
export function names(all: string[], locale: string, more: (n: number) => string): string {
  const shown = all.length > 3 ? [...all.slice(0, 2), more(all.length - 2)] : all
  return new Intl.ListFormat(locale === 'en' ? 'en-GB' : locale, { type: 'conjunction' }).format(shown)
}

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name

export const secondsSince = (iso: string, now: number): number => Math.max(0, (now - Date.parse(iso)) / 1000)
