// The server-state cache and the names of everything in it. Live events invalidate by these names.
import { QueryClient, type InvalidateQueryFilters, type Query } from '@tanstack/vue-query'
import { Problem } from '@/api'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Live events tell when something changed; the timer is only a net for a lost event.
      staleTime: 30_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => !(error instanceof Problem && error.status >= 400 && error.status < 500) && count < 2,
    },
    mutations: { retry: false },
  },
})

export const keys = {
  session: ['session'] as const,
  setup: ['setup'] as const,
  jobs: ['jobs'] as const,
  counts: ['counts'] as const,
  job: (id: string) => ['job', id] as const,
  printers: ['printers'] as const,
  printerGroups: ['printer-groups'] as const,
  printer: (id: string) => ['printer', id] as const,
  people: ['people'] as const,
  invitations: ['invitations'] as const,
  joinLink: ['join-link'] as const,
  plans: ['plans'] as const,
  permissions: ['permissions'] as const,
  settings: ['settings'] as const,
  notices: ['notices'] as const,
  whyNot: (at: string) => ['why-not', at] as const,
  sessions: ['sessions'] as const,
  ownTokens: ['own-tokens'] as const,
  tokens: ['tokens'] as const,
  applications: ['applications'] as const,
  teams: ['teams'] as const,
  team: (id: string) => ['team', id] as const,
  trash: ['trash'] as const,
  escrow: ['escrow'] as const,
  projects: ['projects'] as const,
  project: (id: string) => ['project', id] as const,
}

/** When the answer that is under way is there, or has failed. */
export const settled = (query: Query): Promise<unknown> => Promise.resolve(query.promise).catch(() => undefined)

const again = new Set<Query>()
/** Marks as old, and fetches anew what is shown. A first load that is under way is not begun anew by this, and its answer, which may be
 * older than the news, would count as fresh: so it is asked for once more when it is there. */
export function invalidate(filters: InvalidateQueryFilters = {}) {
  for (const query of queryClient.getQueryCache().findAll(filters)) {
    if (query.state.fetchStatus !== 'fetching' || (query.state.data !== undefined && query.isActive()) || again.has(query)) continue
    again.add(query)
    void settled(query).then(() => {
      again.delete(query)
      invalidate({ queryKey: query.queryKey, exact: true, predicate: filters.predicate })
    })
  }
  void queryClient.invalidateQueries(filters)
}

export function refresh(...names: (readonly unknown[])[]) {
  // What is gone stays gone until its page is opened again; asking at every event would only fill the log.
  const predicate = ({ state }: Query) => !(state.error instanceof Problem && state.error.status === 404 && state.data === undefined)
  for (const queryKey of names) invalidate({ queryKey, predicate })
}

/** After anything that changes a job: its page, the lists, the counts and the printers' queue lengths. */
export function refreshJobs(id?: string) {
  refresh(keys.jobs, keys.counts, keys.printers, ['printer'], ['why-not'], ...(id ? [keys.job(id)] : []))
}
