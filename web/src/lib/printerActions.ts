// Everything a person can change about a printer: at once, with Undo, and a refusal as a sentence on the page.
import type { ComputedRef } from 'vue'
import { api, type Printer } from '@/api'
import { keys, queryClient, refresh, refreshJobs } from './query'
import { say } from './toast'
import { useForm } from './useForm'

type Change = (id: string) => Promise<Printer | void>

export function usePrinterActions(printer: ComputedRef<Printer | undefined>) {
  const form = useForm()

  /** `target`: an Undo belongs to the printer it was offered for, wherever the person is by then. */
  async function change(call: Change, said?: (name: string) => void, target = printer.value) {
    if (!target) return
    const after = await form.submit(() => call(target.id))
    if (form.error.value) {
      if (printer.value?.id !== target.id) say('toast.plain', { name: form.error.value }, { seconds: 10 })
      return
    }
    if (after) queryClient.setQueryData(keys.printer(target.id), after)
    said?.(after?.name ?? target.name)
    refresh(keys.printer(target.id))
    refreshJobs()
  }
  /** A change whose opposite is its Undo. */
  function flip(toast: string, call: Change, back: Change) {
    const target = printer.value
    return change(call, (name) => say(toast, { name }, { undo: () => change(back, undefined, target) }), target)
  }

  return {
    form,
    clear: () => {
      const run = printer.value?.plate.run ?? null
      return change((id) => api.clearPlate(id, run), (name) => say('toast.plate_clear', { name }))
    },
    rename: (name: string) => {
      const before = printer.value?.name ?? ''
      return flip('toast.renamed', (id) => api.changePrinter(id, { name }), (id) => api.changePrinter(id, { name: before }))
    },
    enable: (enabled: boolean) =>
      flip(enabled ? 'toast.enabled' : 'toast.disabled', (id) => api.changePrinter(id, { enabled }), (id) => api.changePrinter(id, { enabled: !enabled })),
    restore: () => change((id) => api.restorePrinter(id), (name) => say('toast.printer_restored', { name })),
  }
}
