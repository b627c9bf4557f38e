// What every form needs: one call at a time, its error as a sentence, and the field the server complained about.
import { ref } from 'vue'
import { newKey, Problem } from '@/api'
import { fieldOf, sentence } from './problems'

export function useForm() {
  const busy = ref(false)
  const error = ref('')
  const field = ref<string | null>(null)
  let key = newKey()

  async function submit<T>(call: (key: string) => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined
    busy.value = true
    error.value = ''
    field.value = null
    try {
      return await call(key)
    } catch (problem) {
      error.value = sentence(problem)
      field.value = fieldOf(problem)
      // A refused form is changed and sent again as a new one; after a lost connection the key stays, so that the
      // server can tell a repetition from a second wish.
      if (problem instanceof Problem && problem.status >= 400 && problem.status < 500) key = newKey()
      return undefined
    } finally {
      busy.value = false
    }
  }
  return { busy, error, field, submit, fieldError: (name: string) => (field.value === name ? error.value : '') }
}
