// What is taken away from people after a question: a printer, the share of a printer, a person. Each says what happens to
// everything that hangs on it, before it is done.
import { api } from '@/api'
import type { OpenDialog } from './dialogs'
import { t, tn } from './i18n'
import { sentence } from './problems'
import { keys, refresh, refreshJobs } from './query'
import { say } from './toast'

export type Removing = Extract<OpenDialog, { kind: 'remove_printer' | 'unshare' | 'remove_person' }>

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

/** Takes the printer away from the person who does it, too, so nothing could be undone. */
function share({ printer, done }: Extract<Removing, { kind: 'unshare' }>): Removal {
  const { id, name } = printer
  return {
    title: t('unshare.title', { name }),
    text: t('unshare.text', { person: printer.added_by.name }),
    keep: t('unshare.keep'),
    go: t('unshare.go'),
    effects: async () => [],
    remove: () => api.sharePrinter(id, false),
    after: () => {
      say('toast.unshared', { name })
      done()
      refreshJobs()
      refresh(keys.printers)
    },
  }
}

function person({ person: { id, name } }: Extract<Removing, { kind: 'remove_person' }>): Removal {
  return {
    title: t('remove_person.title', { name }),
    text: t('remove_person.text'),
    keep: t('remove_person.keep'),
    go: t('remove_person.go'),
    effects: async () => {
      const { held, queued, printing, printers } = await api.removal(id)
      return [
        ...counted('remove_person.held', held),
        ...counted('remove_person.queued', queued),
        ...counted('remove_person.printing', printing),
        ...counted('remove_person.printers', printers),
      ]
    },
    remove: () => api.removePerson(id),
    after: () => {
      say('toast.person_removed', { name })
      refresh(keys.people, keys.session)
      refreshJobs()
    },
  }
}

export function removal(what: Removing): Removal {
  if (what.kind === 'remove_person') return person(what)
  return what.kind === 'unshare' ? share(what) : printer(what)
}
