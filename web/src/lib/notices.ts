// Notices for the person: decisions and ends of their prints, and what others ask of them, in the app.
import { useQuery } from '@tanstack/vue-query'
import { api, type Notice } from '@/api'
import { keys, refresh } from './query'

export const useNotices = () => useQuery({ queryKey: keys.notices, queryFn: api.notices })

const pages: Record<NonNullable<Notice['place']>['kind'], string> = {
  job: '/jobs/', printer: '/printers/', printer_group: '/printers?group=', project: '/library/', team: '/teams/', teams: '/teams', people: '/organization', settings: '/permissions', applications: '/applications',
}
/** Where a notice leads: a request to the place where something can be done about it, anything else to its print job. */
export function pageOf(notice: Notice): string | undefined {
  if (notice.place) return pages[notice.place.kind] + (notice.place.id ?? '')
  return notice.job ? `/jobs/${notice.job.id}` : undefined
}

export async function markRead(seq: number) {
  // Not being able to mark them read is not worth a message; they stay unread.
  await api.readNotices(seq).catch(() => undefined)
  refresh(keys.notices)
}
