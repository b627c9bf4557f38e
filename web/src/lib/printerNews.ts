// What the printers tell. A large farm tells something many times a second, and a board of a thousand printers is ten pages: so news
// is collected, at most one round in two seconds, and only the printers that it is about are asked for, as far as they are shown.
import type { InfiniteData, Query } from '@tanstack/vue-query'
import { api, Problem, type Page, type Printer } from '@/api'
import { invalidate, keys, queryClient, refresh, settled } from './query'

/** One round at most in so many milliseconds. */
const ROUND = 2000
/** The first news after a quiet while comes soon; a moment collects what arrives together. */
const SOON = 200
/** More than so many at once: then the lists are asked for instead. */
const FEW = 6

const waiting = new Set<string>()
let any = false
let timer = 0
let last = -ROUND

/** Something about this printer changed, or about one that is not named: its state, its print, its queue. */
export function printerChanged(id?: string) {
  if (id) waiting.add(id)
  else any = true
  soon()
}

function soon() {
  if (timer) return
  timer = window.setTimeout(() => void round(), Math.max(SOON, last + ROUND - Date.now()))
}

type Lists = Page<Printer> | InfiniteData<Page<Printer>>
const pages = (data: Lists) => ('pages' in data ? data.pages : [data])
const shows = (data: Lists | undefined, id: string) => data !== undefined && pages(data).some((page) => page.items.some((p) => p.id === id))

function put(data: Lists | undefined, printer: Printer): Lists | undefined {
  if (!data || !shows(data, printer.id)) return data
  const into = <P extends Page<Printer>>(page: P): P => ({ ...page, items: page.items.map((p) => (p.id === printer.id ? printer : p)) })
  return 'pages' in data ? { ...data, pages: data.pages.map(into) } : into(data)
}

/** Lists that nobody looks at are only marked as old. */
const asleep = { queryKey: keys.printers, type: 'inactive', refetchType: 'none' } as const

async function round() {
  timer = 0
  last = Date.now()
  refresh(keys.printerGroups, ['jobs', 'printing'], ['job'])
  invalidate(asleep)
  const active = queryClient.getQueryCache().findAll({ queryKey: keys.printers, type: 'active' }) as Query<Lists>[]
  // A list that is under way may be older than this news, and would be put over it: the news waits for it.
  const underWay = active.filter(({ state }) => state.fetchStatus === 'fetching')
  if (underWay.length) return void Promise.all(underWay.map((query) => settled(query as Query))).then(soon)
  const ids = [...waiting]
  const all = any
  waiting.clear()
  any = false
  const shown = ids.filter((id) => active.some(({ state }) => shows(state.data, id)))
  if (all || shown.length > FEW) return refresh(keys.printers)
  await Promise.all(shown.map(async (id) => {
    try {
      const printer = await api.printer(id)
      queryClient.setQueriesData<Lists>({ queryKey: keys.printers, type: 'active' }, (data) => put(data, printer))
    } catch (error) {
      // It is not there any more for this person: then the lists have changed.
      if (error instanceof Problem && error.status === 404) refresh(keys.printers)
    }
  }))
}
