// Messages. `t` is exported for code outside components; it stays reactive to the language because the composer is global.
import { createI18n } from 'vue-i18n'
import en from 'virtual:messages/en'

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en } })

// The library derives types from the message tree; with this many messages that only slows the compiler down. Whether a
// key exists is checked by src/locales/messages.test.ts.
const composer = i18n.global as unknown as {
  t: (key: string, args: Record<string, unknown>, plural?: number) => string
  te: (key: string) => boolean
  locale: { value: string }
}

export const t = (key: string, args: Record<string, unknown> = {}): string => composer.t(key, args)
/** Plural form: `n` picks the form and is available as {n}. */
export const tn = (key: string, n: number, args: Record<string, unknown> = {}): string => composer.t(key, { n, ...args }, n)
export const te = (key: string): boolean => composer.te(key)
export const locale = () => composer.locale.value
