// What is wrong with a print job before anybody decides, in one sentence: for its row, its review, and what is approved at once.
import type { Job } from '@/api'
import { t } from './i18n'
import { may } from './jobActions'

/** The server refuses to approve it as it is, and says why (AMB-29): it has to go to another printer. */
export const moveFirst = (job: Job): boolean => job.status === 'needs_approval' && job.reason != null && may(job, 'reroute')

/** The check that failed, or nothing. A group chooses among its printers: that one of them is away says nothing. */
export function failedCheck(job: Job): string {
  if (job.status === 'needs_approval' && job.reason) return job.reason.text
  const { name, status } = job.printer
  const away = status === 'offline' || status === 'disabled' || status === 'removed' || status === 'attention'
  return away && !job.printer_group ? t(`checks.printer_${status}`, { name }) : ''
}

/** May be approved together with others: nothing about it has to be looked at by itself. */
export const inBulk = (job: Job): boolean => may(job, 'approve') && !failedCheck(job)
