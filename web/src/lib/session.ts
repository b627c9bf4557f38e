// Who is signed in, in which organization, and what the plan allows.
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, type Session } from '@/api'
import { keys, queryClient } from './query'

export const loadSession = (): Promise<Session> =>
  queryClient.fetchQuery({ queryKey: keys.session, queryFn: api.session, staleTime: 60_000, retry: false })

export function setSession(session: Session) {
  // Another account or organization must never show the cached data of the one before.
  queryClient.clear()
  queryClient.setQueryData(keys.session, session)
  tellTabs()
}

/** Tabs of one browser have one session between them: where one goes, the others follow. */
const tabs = (name: string) => new BroadcastChannel(`imprimatur.${name}`)

/** This tab hears itself, too. */
const self = String(Math.random())
function tellTabs() {
  const others = tabs('organization')
  others.postMessage(self)
  others.close()
}

/** Another organization is a new start of the page: nothing of the one before may stay, neither on screen nor in the memory of it. */
export function startAgain() {
  tellTabs()
  window.location.assign('/jobs')
}

/** Starts this tab again when another one signed in, or went to another organization. Gives back how to stop. */
export function followTabs(): () => void {
  const others = tabs('organization')
  others.onmessage = ({ data }) => {
    if (data !== self) window.location.assign('/jobs')
  }
  return () => others.close()
}

export function useSession() {
  const query = useQuery({ queryKey: keys.session, queryFn: api.session, staleTime: 60_000, retry: false })
  const session = computed(() => query.data.value ?? null)
  return {
    session,
    role: computed(() => session.value?.organization?.role ?? null),
    isAdmin: computed(() => session.value?.organization?.role === 'admin'),
    isGuest: computed(() => session.value?.organization?.role === 'guest'),
    error: query.error,
    ask: () => query.refetch(),
  }
}

/** The role outside components. */
export const ownRole = () => queryClient.getQueryData<Session>(keys.session)?.organization?.role
/** The undo window outside components. */
export const undoWindow = (): number => queryClient.getQueryData<Session>(keys.session)?.undo_window_s ?? 10
/** Where the news stood when the session was read. */
export const newsFrom = () => queryClient.getQueryData<Session>(keys.session)?.organization?.news_from
