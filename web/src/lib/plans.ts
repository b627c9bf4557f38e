// Which plans have what, for controls that this organization's plan does not have.
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api } from '@/api'
import { t } from './i18n'
import { keys } from './query'

type Feature = 'guests' | 'approval' | 'fleet_report'

export function usePlans() {
  const query = useQuery({ queryKey: keys.plans, queryFn: api.plans })
  const plans = computed(() => query.data.value?.plans ?? [])
  const plan = computed(() => plans.value.find((p) => p.current))
  const having = (feature: Feature) => plans.value.filter((p) => p[feature]).map((p) => p.name).join(', ')
  /** "Guest (on Professional, Education)" where the plan lacks it; else the words alone. */
  const gated = (feature: Feature, words: string) => (plan.value && !plan.value[feature] ? t('org.gated', { what: words, plans: having(feature) }) : words)
  const limits = computed(() => query.data.value?.limits ?? null)
  return { plans, plan, having, gated, limits }
}
