// What is taken away from people after a question: a printer, a group, a team, a person, somebody's place in a team, oneself,
// one's own role. Each says what happens to everything that hangs on it, before it is done.
import { api, type Removal as Counts, type Role, type RoleEffect } from '@/api'
import { router } from '@/router'
import type { OpenDialog } from './dialogs'
import { refreshGroups } from './groupActions'
import { t, tn } from './i18n'
import { refreshPeople, restorePerson, saveRole } from './personActions'
import { sentence } from './problems'
import { keys, refresh, refreshJobs } from './query'
import { loadSession, setSession } from './session'
import { someOf } from './shareActions'
import { refreshTeam, restoreTeam, tookOut } from './teamActions'
import { say } from './toast'

export type Removing = Extract<OpenDialog, { kind: 'remove_printer' | 'remove_group' | 'remove_team' | 'remove_person' | 'leave' | 'own_role' | 'other_role' | 'take_out' }>

interface Removal {
  title: string
  text: string
  keep: string
  go: string
  /** What happens to the rest, a sentence each. */
  effects: () => Promise<string[]>
  remove: () => Promise<unknown>
  /** After the dialog is gone. */
  after: () => void
}

const counted = (key: string, n: number) => (n ? [tn(key, n)] : [])
const named = (key: string, n: number, names: string[]) => (n ? [tn(key, n, { names: someOf(names, n) })] : [])
/** Waiting print jobs for which a change matters, in the words of sharing. */
const waiting = (e: { undecidable: number; admins_only: number; move_first: number }) => [
  ...counted('share.undecidable', e.undecidable),
  ...counted('share.admins_only', e.admins_only),
  ...counted('share.move_first', e.move_first),
]

function printer({ printer, done }: Extract<Removing, { kind: 'remove_printer' }>): Removal {
  const { id, name } = printer
  const undo = async () => {
    await api.restorePrinter(id).then(() => say('toast.printer_restored', { name }), (e: unknown) => say('toast.plain', { name: sentence(e) }, { seconds: 10 }))
    refreshJobs()
  }
  return {
    title: t('remove_printer.title', { name }),
    text: t('remove_printer.text'),
    keep: t('remove_printer.keep'),
    go: t('remove_printer.go'),
    effects: async () => [
      ...(printer.current ? [t('remove_printer.printing')] : []),
      ...counted('remove_printer.queue', printer.queue_length),
      ...counted('remove_printer.held', printer.held_here ?? 0),
    ],
    remove: () => api.removePrinter(id),
    after: () => {
      say('toast.printer_removed', { name }, { undo })
      done()
      refreshJobs()
      refresh(keys.printer(id))
    },
  }
}

function group({ group: { id, name } }: Extract<Removing, { kind: 'remove_group' }>): Removal {
  return {
    title: t('remove_group.title', { name }),
    text: t('remove_group.text'),
    keep: t('remove_group.keep'),
    go: t('remove_group.go'),
    effects: async () => [],
    remove: () => api.removePrinterGroup(id),
    after: () => {
      say('toast.group_removed', { name })
      refreshGroups()
    },
  }
}

function team({ team: { id, name }, done }: Extract<Removing, { kind: 'remove_team' }>): Removal {
  return {
    title: t('remove_team.title', { name }),
    text: t('remove_team.text'),
    keep: t('remove_team.keep'),
    go: t('remove_team.go'),
    effects: async () => {
      const c = await api.teamRemoval(id)
      return [
        ...named('remove_team.lose', c.lose, c.lose_names),
        ...named('remove_team.lose_library', c.lose_library, c.lose_library_names),
        ...counted('remove_team.printers', c.printers),
        ...counted('remove_team.projects', c.projects),
        ...waiting(c),
      ]
    },
    remove: () => api.removeTeam(id),
    after: () => {
      say('toast.team_removed', { name }, { undo: () => restoreTeam(id, name) })
      done()
      refreshTeam(id)
    },
  }
}

const hanging = (whose: 'remove_person' | 'leave', c: Counts) => [
  ...counted(`${whose}.held`, c.held),
  ...counted(`${whose}.queued`, c.queued),
  ...counted(`${whose}.printing`, c.printing),
  ...counted(`${whose}.printers`, c.printers),
  ...counted(`${whose}.shared_projects`, c.shared_projects),
  ...counted(`${whose}.private_projects`, c.private_projects),
  ...counted(`${whose}.invitations`, c.invitations),
  ...(c.join_link ? [t(`${whose}.join_link`)] : []),
  ...counted('share.undecidable', c.undecidable),
  ...counted('share.admins_only', c.admins_only),
]

function person({ person: { id, name } }: Extract<Removing, { kind: 'remove_person' }>): Removal {
  return {
    title: t('remove_person.title', { name }),
    text: t('remove_person.text'),
    keep: t('remove_person.keep'),
    go: t('remove_person.go'),
    effects: async () => hanging('remove_person', await api.removal(id)),
    remove: () => api.removePerson(id),
    after: () => {
      say('toast.person_removed', { name }, { undo: () => restorePerson(id, name) })
      refreshPeople()
    },
  }
}

function oneself(): Removal {
  return {
    title: t('leave.title'),
    text: t('leave.text'),
    keep: t('leave.keep'),
    go: t('leave.go'),
    effects: async () => hanging('leave', await api.leaving()),
    remove: async () => setSession(await api.leave()),
    after: () => void router.push('/no-organization'),
  }
}

/** What somebody loses by another role; `whose` says it to them or of them. */
const lost = (whose: 'own_role' | 'other_role', e: RoleEffect) => [
  ...named(`${whose}.printers`, e.lose_printers, e.lose_printer_names),
  ...named(`${whose}.projects`, e.lose_projects, e.lose_project_names),
  ...counted(`${whose}.decisions`, e.lose_decisions),
  ...counted(`${whose}.held_again`, e.held_again),
  ...counted(`${whose}.invitations`, e.invitations),
  ...(e.join_link ? [t(`${whose}.join_link`)] : []),
  ...waiting(e),
]

/** What somebody else loses by this role. Nothing: then nothing has to be asked. */
export const roleLosses = async (id: string, role: Role) => lost('other_role', await api.roleEffect(id, role))

/** Somebody else's role, where it takes something away. It can be undone like one that takes nothing. */
function otherRole({ person, role, effects }: Extract<Removing, { kind: 'other_role' }>): Removal {
  const names = { name: person.name, role: t(`role.${role}`) }
  return {
    title: t('other_role.title', names),
    text: t('other_role.text'),
    keep: t('other_role.keep', { role: t(`role.${person.role}`) }),
    go: t('other_role.go', names),
    effects: async () => effects,
    remove: () => saveRole(person, role),
    after: () => undefined,
  }
}

/** An Admin gives up being one: only another Admin could give it back, so there is no Undo (AMB-40). */
function ownRole({ role, done }: Extract<Removing, { kind: 'own_role' }>): Removal {
  const name = t(`role.${role}`)
  return {
    title: t('own_role.title', { role: name }),
    text: t('own_role.text'),
    keep: t('own_role.keep'),
    go: t('own_role.go', { role: name }),
    effects: async () => {
      const e = await api.roleEffect((await loadSession()).account.id, role)
      return [
        ...(e.last_admin ? [t('own_role.last_admin')] : []),
        t('own_role.admin'),
        t(role === 'guest' ? 'own_role.guest' : 'own_role.member'),
        ...lost('own_role', e),
      ]
    },
    remove: async () => api.changeRole((await loadSession()).account.id, role),
    after: () => {
      say('toast.own_role', { name })
      done()
      refreshPeople()
      refresh(keys.settings, keys.permissions, keys.printers, keys.printerGroups, keys.invitations, keys.joinLink)
    },
  }
}

function takeOut({ team, person }: Extract<Removing, { kind: 'take_out' }>): Removal {
  const { name } = person
  return {
    title: t('take_out.title', { name, team: team.name }),
    text: t('take_out.text', { name }),
    keep: t('take_out.keep'),
    go: t('take_out.go'),
    effects: async () => {
      const c = await api.teamRemoval(team.id, person.id)
      const told = [...(c.lose ? [t('take_out.printers', { name })] : []), ...(c.lose_library ? [t('take_out.library', { name })] : []), ...waiting(c)]
      return told.length ? told : [t('take_out.nothing', { name })]
    },
    remove: () => api.takeOutOfTeam(team.id, person.id),
    after: () => tookOut(team, person),
  }
}

export function removal(what: Removing): Removal {
  if (what.kind === 'own_role') return ownRole(what)
  if (what.kind === 'other_role') return otherRole(what)
  if (what.kind === 'take_out') return takeOut(what)
  if (what.kind === 'leave') return oneself()
  if (what.kind === 'remove_person') return person(what)
  if (what.kind === 'remove_group') return group(what)
  return what.kind === 'remove_team' ? team(what) : printer(what)
}
