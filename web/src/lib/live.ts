// The event stream. Events only name what changed; the cache then fetches it again through the ordinary API, so that
// permissions are checked in one place.
import { computed, ref } from 'vue'
import { api } from '@/api'
import { now } from './now'
import { printerChanged } from './printerNews'
import { invalidate, keys, refresh } from './query'
import { newsFrom } from './session'

const connected = ref(false)
const lostAt = ref<number | null>(null)
export const lastNews = ref<Date | null>(null)

/** 'live', after 5 s without connection 'reconnecting', after 60 s 'lost'. */
export const liveState = computed<'live' | 'reconnecting' | 'lost'>(() => {
  if (connected.value || lostAt.value === null) return 'live'
  const gone = now.value - lostAt.value
  return gone < 5000 ? 'live' : gone < 60_000 ? 'reconnecting' : 'lost'
})
export const stale = computed(() => liveState.value !== 'live')

let source: EventSource | null = null
let retry = 0
let wait = 1000

const queued = new Map<string, readonly unknown[]>()
let flushTimer = 0
/** Many events often arrive together (a bulk approval); collect them for a moment so that each list loads once. */
function later(...names: (readonly unknown[])[]) {
  for (const name of names) queued.set(JSON.stringify(name), name)
  if (flushTimer) return
  flushTimer = window.setTimeout(() => {
    flushTimer = 0
    const names = [...queued.values()]
    queued.clear()
    refresh(...names)
  }, 200)
}

/** What concerns no other printer than the one that is named, and neither adds it to a list nor takes it away. */
const ofOnePrinter = (kind: string) =>
  kind.startsWith('job.') ? !['job.approved', 'job.rerouted', 'job.assigned'].includes(kind) : ['printer.plate_clear', 'printer.foreign_print'].includes(kind)

interface ChangeEvent {
  seq: number
  kind: string
  job?: string
  printer?: string
  people?: boolean
  team?: string
  project?: string
  /** What this person may see may have changed; it is not said how. */
  access?: boolean
  settings?: boolean
}

function news() {
  connected.value = true
  lostAt.value = null
  lastNews.value = new Date()
  wait = 1000
}

function onChange(event: MessageEvent<string>) {
  news()
  let data: ChangeEvent
  try {
    data = JSON.parse(event.data) as ChangeEvent
  } catch {
    return
  }
  if (data.job) {
    later(keys.jobs, keys.counts, keys.job(data.job), keys.notices, ['printer'], ['why-not'])
  } else if (data.printer) later(keys.printer(data.printer), keys.jobs, keys.counts, ['team'], keys.trash, ['why-not'])
  if (data.job || data.printer) printerChanged(ofOnePrinter(data.kind) ? data.printer : undefined)
  // A team is a way to printers and projects: what its people see has changed with it.
  if (data.team) later(keys.teams, ['team', data.team], keys.people, keys.printers, ['printer'], keys.jobs, keys.counts, ['job'], keys.projects, ['project'], keys.trash, ['why-not'])
  if (data.project) later(keys.projects, ['project', data.project], keys.teams, ['team'], keys.jobs, keys.counts, ['job'], keys.trash, keys.escrow, ['why-not'])
  if (data.access) later(keys.people, keys.printers, keys.printerGroups, ['printer'], keys.jobs, keys.counts, ['job'], keys.teams, ['team'], keys.projects, ['project'], keys.trash, ['why-not'])
  if (data.people) later(keys.people, keys.invitations, keys.joinLink, keys.session, keys.trash, keys.escrow, ['why-not'])
  if (data.settings) later(keys.settings, keys.session, keys.permissions, keys.plans, keys.joinLink, ['why-not'])
  // It does not say about what: the notice does, and the page it leads to shows who asked.
  if (data.kind === 'help.asked') later(keys.notices, ['job'], ['why-not'])
  if (data.kind.startsWith('escrow.')) later(keys.projects, ['project'], keys.notices)
  if (data.kind.startsWith('token.')) later(keys.ownTokens, keys.tokens, keys.applications)
}

function onPrinter(event: MessageEvent<string>) {
  news()
  try {
    const { printer } = JSON.parse(event.data) as { printer: string }
    later(keys.printer(printer))
    printerChanged(printer)
  } catch {
    // A malformed event is not worth a message to anyone.
  }
}

export function startLive() {
  stopLive()
  // What happened between the first answer and this stream is told, too. After a lost line everything is fetched anew.
  const after = lostAt.value === null ? newsFrom() : undefined
  source = new EventSource(api.eventsUrl(after))
  source.addEventListener('open', () => {
    // Whatever happened while the line was down is fetched now.
    if (lostAt.value !== null) invalidate()
    news()
  })
  source.addEventListener('hello', news)
  source.addEventListener('change', onChange as EventListener)
  source.addEventListener('printer', onPrinter as EventListener)
  source.addEventListener('error', () => {
    connected.value = false
    lostAt.value ??= Date.now()
    // The browser reconnects by itself unless the server answered with an error; then it is up to us. The session says whether
    // there still is something to hear.
    if (source?.readyState === EventSource.CLOSED) {
      refresh(keys.session)
      window.clearTimeout(retry)
      retry = window.setTimeout(startLive, wait)
      wait = Math.min(wait * 2, 30_000)
    }
  })
}

export function stopLive() {
  window.clearTimeout(retry)
  source?.close()
  source = null
}
