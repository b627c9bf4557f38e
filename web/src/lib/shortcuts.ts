// Single-key shortcuts with the safety rules of the design guide: never while a field, menu or dialog has the focus, never
// with modifiers, never on key repeat except next and previous.
import { onBeforeUnmount, onMounted, ref, watch } from 'vue'

export type KeyMode = 'on' | 'off' | 'alt'
const KEY = 'imprimatur.keys'
function stored(): KeyMode {
  try {
    const v = localStorage.getItem(KEY)
    return v === 'off' || v === 'alt' ? v : 'on'
  } catch {
    return 'on'
  }
}
export const keyMode = ref<KeyMode>(stored())
watch(keyMode, (mode) => {
  try {
    localStorage.setItem(KEY, mode)
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
})

/** A single key such as "a", or a sequence such as "g j". Returning false means "not handled". */
export type KeyMap = Record<string, (event: KeyboardEvent) => unknown>

let prefix = ''
let prefixAt = 0

function blocked(event: KeyboardEvent): boolean {
  const el = event.target instanceof Element ? event.target : null
  if (el?.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]')) return true
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}

export function useShortcuts(map: KeyMap) {
  function onKey(event: KeyboardEvent) {
    if (event.defaultPrevented || keyMode.value === 'off' || event.isComposing) return
    if (event.ctrlKey || event.metaKey || event.altKey !== (keyMode.value === 'alt')) return
    if (blocked(event)) return
    // With Alt some layouts produce another character, so the letter comes from the key's position.
    const key = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key
    if (event.repeat && key !== 'j' && key !== 'k') return
    // Space and Enter belong to the focused control.
    if ((key === ' ' || key === 'Enter') && event.target instanceof Element && event.target.closest('a, button, input, summary')) return
    const sequence = prefix && Date.now() - prefixAt < 1200 ? `${prefix} ${key}` : key
    const handler = map[sequence] ?? (sequence === key ? undefined : map[key])
    if (!handler) return
    if (handler(event) !== false) event.preventDefault()
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}

// The prefix of "g j" is remembered after all handlers have seen the key.
window.addEventListener('keydown', (event) => {
  if (event.key === 'Shift') return
  const isPrefix = event.key === 'g' && !event.ctrlKey && !event.metaKey && !blocked(event)
  window.setTimeout(() => {
    prefix = isPrefix ? 'g' : ''
    prefixAt = Date.now()
  })
})
