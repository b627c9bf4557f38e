// The job that a printer prints, or whose part still lies on its plate: for the picture. Undefined when the person may not
// see it.
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, type Job, type Printer } from '@/api'
import { keys } from './query'

export function useOnPlate(printer: () => Printer | undefined) {
  const id = computed(() => printer()?.current?.id ?? '')
  const current = useQuery({ queryKey: computed(() => keys.job(id.value)), queryFn: () => api.job(id.value), enabled: computed(() => id.value !== '') })
  // After its end a print is named only by its run.
  const run = computed(() => (id.value ? '' : (printer()?.plate.run ?? '')))
  const waiting = useQuery({
    queryKey: computed(() => [...keys.jobs, 'plate', 'of', printer()?.id]),
    queryFn: () => api.jobs({ tab: 'plate', printer: printer()?.id }),
    enabled: computed(() => run.value !== ''),
  })
  return computed<Job | undefined>(() => (id.value ? current.data.value : run.value ? waiting.data.value?.items.find((j) => j.run === run.value) : undefined))
}
