// What Admins do about people: another role; bring back who is not in the organization any more, claim their private projects.
import { api, type Escrow, type Person, type Role, type Session } from '@/api'
import { sentence } from './problems'
import { t } from './i18n'
import { keys, queryClient, refresh, refreshJobs } from './query'
import { say } from './toast'

/** After anything that changes who is in the organization: what they send and share is theirs again, or nobody's. */
export function refreshPeople() {
  refresh(keys.people, keys.session, keys.trash, keys.escrow, keys.teams, ['team'], keys.projects, ['project'])
  refreshJobs()
}

export async function restorePerson(id: string, name: string) {
  await api.restorePerson(id).then(
    () => say('toast.person_restored', { name }),
    (problem: unknown) => say('toast.plain', { name: sentence(problem) }, { seconds: 10 }),
  )
  refreshPeople()
}

/** Exactly the projects that were shown. Throws what the server says. */
export async function claimProjects(of: Escrow, reason: string) {
  const { projects } = await api.claimProjects(of.person.id, of.projects, reason)
  say('toast.claimed', { name: of.person.name, n: projects })
  refreshPeople()
}

/** Another role, with Undo. To a role that the plan has no more there is no way back. Throws what the server says. */
export async function saveRole(person: Person, to: Role) {
  const { held_again: held } = await api.changeRole(person.id, to, person.role)
  const guests = queryClient.getQueryData<Session>(keys.session)?.organization?.plan.guests !== false
  const undo = async () => {
    await api.changeRole(person.id, person.role, to).then(
      () => say('toast.role', { name: person.name, role: t(`role.${person.role}`) }),
      (problem: unknown) => say('toast.plain', { name: sentence(problem) }, { seconds: 10 }),
    )
    refreshPeople()
  }
  say(held ? 'toast.role_held' : 'toast.role', { name: person.name, role: t(`role.${to}`), n: held }, person.role !== 'guest' || guests ? { undo } : {})
  refreshPeople()
}
