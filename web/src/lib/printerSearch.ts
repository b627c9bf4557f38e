// Printers found by the server while a person types, page by page; for a choice among as many as there may be.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'
import { api } from '@/api'
import { keys } from './query'
import { useSearch } from './search'

/** So many are seen at a glance: no field to search with. */
const FEW = 8

/** `removed`: also those that are not there any more, for looking back. */
export function usePrinterSearch({ removed = false } = {}) {
  const { search, q } = useSearch()
  const query = useInfiniteQuery({
    queryKey: computed(() => [...keys.printers, 'find', q.value]),
    queryFn: async ({ pageParam }) => {
      const words = q.value
      return { ...(await api.findPrinters(words || undefined, pageParam || undefined)), words }
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  })
  const found = computed(() => query.data.value?.pages.flatMap((p) => p.items).filter((p) => removed || p.status !== 'removed') ?? [])
  /** What is found was found for what the field says, not for what it said before. */
  const settled = computed(() => search.value.trim() === q.value && query.data.value?.pages[0]?.words === q.value)
  // Once there, the field stays: it must not go while somebody types into it.
  const many = ref(false)
  watch(
    () => found.value.length > FEW || query.hasNextPage.value,
    (is) => (many.value ||= is),
    { immediate: true },
  )
  return { search, q, query, found, settled, many }
}
