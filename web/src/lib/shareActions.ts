// The same dialog shares printers and projects; what differs is here: the calls, and what is fetched again afterwards.
import { api, type Body } from '@/api'
import { t } from './i18n'
import { refreshProject } from './projectActions'
import { keys, refresh, refreshJobs } from './query'

export type Shareable = 'share_project' | 'share_printer'

interface Sharing {
  key: (id: string) => readonly unknown[]
  shares: typeof api.projectShares
  effect: typeof api.shareProjectEffect
  share: (id: string, body: Body['WantedShares']) => Promise<void>
  refresh: (id: string) => void
}

export const sharing: Record<Shareable, Sharing> = {
  share_project: {
    key: keys.project,
    shares: api.projectShares,
    effect: api.shareProjectEffect,
    share: api.shareProject,
    refresh: refreshProject,
  },
  share_printer: {
    key: keys.printer,
    shares: api.printerShares,
    effect: api.sharePrinterEffect,
    share: api.sharePrinter,
    refresh: (id) => {
      refresh(keys.printer(id), keys.teams, ['team'])
      refreshJobs()
    },
  },
}

/** The names that are known of so many people: "Ada, Mia and 3 more". */
export const someOf = (names: string[], n: number) => (n > names.length ? t('share.and_more', { names: names.join(', '), n: n - names.length }) : names.join(', '))
