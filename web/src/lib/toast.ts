// One toast at a time: a sentence and, where possible, Undo. Errors that need an answer never come here.
import { ref } from 'vue'

export interface Toast {
  id: number
  key: string
  /** `name` is drawn bold. */
  args: Record<string, string | number>
  plural?: number
  seconds: number
  undo?: () => unknown
  link?: { label: string; to: string }
}

export const toast = ref<Toast | null>(null)
let timer = 0
let ids = 0

export function say(key: string, args: Toast['args'] = {}, more: Partial<Toast> = {}) {
  window.clearTimeout(timer)
  const seconds = more.seconds ?? (more.undo ? 10 : 5)
  toast.value = { ...more, id: (ids += 1), key, args, seconds }
  const mine = ids
  timer = window.setTimeout(() => {
    if (toast.value?.id === mine) toast.value = null
  }, seconds * 1000)
}

/** Runs Undo at most once, from the button or from the `z` key. */
export function undoToast() {
  const undo = toast.value?.undo
  if (!undo) return
  window.clearTimeout(timer)
  toast.value = null
  void undo()
}
