// What Admins do about people who are not in the organization any more: bring one back, claim their private projects.
import { api, type Escrow } from '@/api'
import { sentence } from './problems'
import { keys, refresh, refreshJobs } from './query'
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
