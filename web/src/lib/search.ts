// A field to search with, and what is asked for: the field's words once the person has paused.
import { onScopeDispose, ref, watch } from 'vue'

export function useSearch() {
  const search = ref('')
  const q = ref('')
  let typing = 0
  watch(search, (words) => {
    window.clearTimeout(typing)
    typing = window.setTimeout(() => (q.value = words.trim()), 250)
  })
  onScopeDispose(() => window.clearTimeout(typing))
  return { search, q }
}
