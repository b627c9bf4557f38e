// What people do with library projects and their files: the call, the cache, and the toast with Undo.
import { api, type Body, type Project, type ProjectFile, type Shares } from '@/api'
import { t } from './i18n'
import { sentence } from './problems'
import { keys, refresh } from './query'
import { say } from './toast'

export const mayProject = (project: Project, action: keyof Project['actions']): boolean =>
  project.actions[action]?.allowed === true

/** Why not, where plan or access says no; what the role forbids is not shown. */
export function projectRefusal(project: Project, action: keyof Project['actions']): string | null {
  const a = project.actions[action]
  return a && !a.allowed && a.failed !== 'role' ? a.why : null
}

/** After anything that changes a project: the list, its page, and the jobs that its shares unlock. */
export function refreshProject(id: string) {
  refresh(keys.projects, keys.project(id), keys.jobs, keys.counts, ['job'], ['why-not'])
}

const failed = (problem: unknown) => say('toast.plain', { name: sentence(problem) }, { seconds: 10 })

export const wanted = (shares: Shares, organization: boolean, teams: string[]) => ({ organization, teams, shown: shares.shown })
export const sharedTeams = (shares: Shares) => shares.teams.filter((team) => team.shared).map((team) => team.id)

/** Shares with one more team, exactly as its consequence was shown; the undo is made from what is stored by then. */
export async function shareProjectWith(project: { id: string; name: string }, team: { id: string; name: string }, before: Shares, body: Body['WantedShares']) {
  await api.shareProject(project.id, body)
  refreshProject(project.id)
  const undo = async () => {
    try {
      const now = await api.projectShares(project.id)
      const kept = sharedTeams(now).filter((id) => id !== team.id || sharedTeams(before).includes(id))
      await api.shareProject(project.id, wanted(now, now.organization, kept))
    } catch (problem) {
      failed(problem)
    }
    refreshProject(project.id)
  }
  say('toast.project_shared', { name: project.name, team: team.name }, { undo })
}

/** To the Trash, with Undo instead of a question. */
export async function removeProject(project: Project, gone: () => void) {
  try {
    await api.removeProject(project.id)
  } catch (problem) {
    failed(problem)
    return
  }
  const undo = async () => {
    await api.restoreProject(project.id).then(() => say('toast.project_restored', { name: project.name }), failed)
    refreshProject(project.id)
  }
  say('toast.project_removed', { name: project.name }, { undo })
  gone()
  refresh(keys.projects)
}

export async function removeFile(project: Project, file: ProjectFile) {
  try {
    await api.removeProjectFile(project.id, file.id)
  } catch (problem) {
    failed(problem)
    return
  }
  const undo = async () => {
    await api.restoreProjectFile(project.id, file.id).then(() => say('toast.file_restored', { name: file.name }), failed)
    refreshProject(project.id)
  }
  say('toast.file_removed', { name: file.name }, { undo })
  refreshProject(project.id)
}

/** "G-code", "STL": what a file is, for its label. */
export function kindOf(file: ProjectFile): string {
  return file.printable ? 'G-code' : (file.name.split('.').pop() ?? '').toUpperCase()
}

/** With whom a project is shared, in one sentence. */
export function sharedWith(project: Project): string {
  if (project.shared_with_organization) return t('library.shared_all')
  const names = project.teams.map((team) => team.name)
  if (project.other_teams) names.push(t('library.other_teams', { n: project.other_teams }))
  return names.length ? t('library.shared_with', { names: names.join(', ') }) : t('library.shared_none')
}
