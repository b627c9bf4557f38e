// Notices for the person: decisions and ends of their prints, in the app.
import { useQuery } from '@tanstack/vue-query'
import { api } from '@/api'
import { keys, refresh } from './query'

export const useNotices = () => useQuery({ queryKey: keys.notices, queryFn: api.notices })

export async function markRead(seq: number) {
  // Not being able to mark them read is not worth a message; they stay unread.
  await api.readNotices(seq).catch(() => undefined)
  refresh(keys.notices)
}
