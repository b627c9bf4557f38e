// Pages and who gets to them. The guard only decides where to send a person; what they may do is decided by the server.
import { createRouter, createWebHistory, isNavigationFailure, NavigationFailureType, type RouteLocationNormalized } from 'vue-router'
import { api, onSignedOut, Problem } from './api'
import { t } from './lib/i18n'
import { keys, queryClient } from './lib/query'
import { loadSession } from './lib/session'
import { say } from './lib/toast'

declare module 'vue-router' {
  interface RouteMeta {
    /** May be seen without a session. */
    open?: boolean
    title?: string
  }
}

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  routes: [
    { path: '/setup', component: () => import('./pages/SetupPage.vue'), meta: { open: true, title: 'setup' } },
    { path: '/sign-in', component: () => import('./pages/SignInPage.vue'), meta: { open: true, title: 'sign_in' } },
    { path: '/invite/:token', component: () => import('./pages/InvitePage.vue'), meta: { open: true, title: 'invite' } },
    { path: '/no-organization', component: () => import('./pages/NoOrganizationPage.vue'), meta: { title: 'no_organization' } },
    { path: '/oauth/authorize', component: () => import('./pages/ConsentPage.vue'), meta: { title: 'consent' } },
    { path: '/device', component: () => import('./pages/DevicePage.vue'), meta: { title: 'device' } },
    {
      path: '/',
      component: () => import('./components/shell/AppShell.vue'),
      children: [
        { path: '', redirect: '/jobs' },
        { path: 'jobs', component: () => import('./pages/JobsPage.vue'), meta: { title: 'jobs' } },
        { path: 'jobs/new', component: () => import('./pages/NewJobPage.vue'), meta: { title: 'new_job' } },
        { path: 'jobs/:id', component: () => import('./pages/JobPage.vue'), meta: { title: 'jobs' } },
        { path: 'printers', component: () => import('./pages/PrintersPage.vue'), meta: { title: 'printers' } },
        { path: 'printers/new', component: () => import('./pages/NewPrinterPage.vue'), meta: { title: 'new_printer' } },
        { path: 'printers/:id', component: () => import('./pages/PrinterPage.vue'), meta: { title: 'printers' } },
        { path: 'library', component: () => import('./pages/LibraryPage.vue'), meta: { title: 'library' } },
        { path: 'library/:id', component: () => import('./pages/ProjectPage.vue'), meta: { title: 'library' } },
        { path: 'organization', component: () => import('./pages/OrganizationPage.vue'), meta: { title: 'organization' } },
        { path: 'teams', component: () => import('./pages/TeamsPage.vue'), meta: { title: 'teams' } },
        { path: 'teams/:id', component: () => import('./pages/TeamPage.vue'), meta: { title: 'teams' } },
        { path: 'trash', component: () => import('./pages/TrashPage.vue'), meta: { title: 'trash' } },
        { path: 'permissions', component: () => import('./pages/PermissionsPage.vue'), meta: { title: 'permissions' } },
        { path: 'applications', component: () => import('./pages/ApplicationsPage.vue'), meta: { title: 'applications' } },
        { path: 'account', component: () => import('./pages/AccountPage.vue'), meta: { title: 'account' } },
        { path: 'notices', component: () => import('./pages/NoticesPage.vue'), meta: { title: 'notices' } },
        { path: ':rest(.*)*', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'not_found' } },
      ],
    },
  ],
})

/** Only a path of this site: a `next` from elsewhere must not lead a person away after signing in. */
export const safeNext = (next: unknown): string =>
  typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/jobs'

async function signInTarget(to: RouteLocationNormalized) {
  const state = await queryClient
    .fetchQuery({ queryKey: keys.setup, queryFn: api.setup, staleTime: 0, retry: false })
    .catch(() => null)
  if (state?.needed) return { path: '/setup', query: to.query.token ? { token: to.query.token } : {} }
  return { path: '/sign-in', query: to.fullPath === '/' || to.fullPath === '/jobs' ? {} : { next: to.fullPath } }
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  try {
    const session = await loadSession()
    if (!session.organization && to.path !== '/no-organization') return '/no-organization'
    if (session.organization && to.path === '/no-organization') return '/jobs'
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return signInTarget(to)
    // The server does not answer: the page itself says so and offers to try again.
    return true
  }
})

// The script of a page is not there: after an upgrade its name is another one, which only a new start of the app knows.
router.onError(async (_, to) => {
  const answers = await fetch('/health', { cache: 'no-store' }).then((r) => r.ok, () => false)
  if (answers && to.fullPath !== startedAnew()) {
    startedAnew(to.fullPath)
    window.location.assign(to.fullPath)
  } else say('toast.not_loaded', {}, { seconds: 10 })
})

/** Where the app was started anew for a missing script, so that this happens once for each page. */
function startedAnew(path?: string) {
  if (path !== undefined) sessionStorage.setItem('imprimatur.anew', path)
  return sessionStorage.getItem('imprimatur.anew')
}

router.afterEach((to, from, failure) => {
  if (failure) return
  if (to.meta.title) setTitle(t(`title.${to.meta.title}`))
  // After going to another page the focus starts at its content, so that readers and Tab do not restart at the menu.
  if (from.matched.length && to.path !== from.path) {
    window.setTimeout(() => document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true }))
  }
})

export function setTitle(title: string) {
  document.title = title === 'Imprimatur' ? title : `${title} - Imprimatur`
}

export function toSignIn() {
  const to = router.currentRoute.value
  if (to.meta.open) return
  queryClient.clear()
  void router.replace({ path: '/sign-in', query: { next: to.fullPath } })
}
onSignedOut(toSignIn)

/** They were removed, or left: nothing of the organization stays, on screen or in memory. */
export async function toNoOrganization() {
  const failure = await router.replace('/no-organization')
  // A page with something unsaved holds on to it, which is of no use any more.
  if (isNavigationFailure(failure, NavigationFailureType.aborted)) return window.location.assign('/no-organization')
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] })
}
