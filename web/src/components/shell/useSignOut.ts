// Sign out: end the session on the server, then forget everything that was loaded.
import { useRouter } from 'vue-router'
import { api } from '@/api'
import { queryClient } from '@/lib/query'

export function useSignOut() {
  const router = useRouter()
  return async () => {
    // Even when the server cannot be reached, nothing of this account may stay on the screen.
    await api.signOut().catch(() => undefined)
    await router.push('/sign-in')
    queryClient.clear()
  }
}
