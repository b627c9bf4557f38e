// The organization of the session, the person's other ones, and how to go there. For the side navigation and the phone's menu.
import { computed } from 'vue'
import { isNavigationFailure, NavigationFailureType, useRouter } from 'vue-router'
import { api } from '@/api'
import { sentence } from '@/lib/problems'
import { startAgain, useSession } from '@/lib/session'
import { say } from '@/lib/toast'

export function useOrganizations() {
  const router = useRouter()
  const { session } = useSession()
  const org = computed(() => session.value?.organization)
  const others = computed(() => (session.value?.organizations ?? []).filter((o) => o.id !== org.value?.id))
  async function go(id: string) {
    try {
      // A page with something unsaved asks first, while it still belongs to this organization.
      if (isNavigationFailure(await router.push('/jobs'), NavigationFailureType.aborted)) return
      await api.switchOrganization(id)
      startAgain()
    } catch (problem) {
      say('toast.plain', { name: sentence(problem) })
    }
  }
  return { org, others, go }
}
