// A control that goes away with the focus on it (Approve once the job is approved) would drop the focus to the top of the
// document. It goes to what is left around that control instead, so that Tab continues there. Never to another control: a
// key pressed twice must not decide anything.
import { onBeforeUnmount, onMounted } from 'vue'

/** Of the places around a control, innermost first, the first that is still there and in the content. */
export function nearest<T>(around: T[], isThere: (place: T) => boolean, content: T): T {
  return around.find(isThere) ?? content
}

export function useKeepFocus() {
  let around: HTMLElement[] = []
  let timer = 0

  function onFocus(event: FocusEvent) {
    around = []
    for (let at = (event.target as HTMLElement).parentElement; at && at !== document.body; at = at.parentElement) around.push(at)
  }
  function catchIt() {
    const active = document.activeElement
    if (active && active !== document.body) return
    const content = document.querySelector<HTMLElement>('main')
    if (!content || document.querySelector('[role=dialog]')) return
    const to = nearest(around, (place) => place.isConnected && content.contains(place), content)
    if (!to.hasAttribute('tabindex')) {
      to.setAttribute('tabindex', '-1')
      to.addEventListener('blur', () => to.removeAttribute('tabindex'), { once: true })
    }
    to.focus({ preventScroll: true })
  }
  const observer = new MutationObserver((changes) => {
    if (!around.length || (document.activeElement && document.activeElement !== document.body)) return
    if (!changes.some((change) => change.removedNodes.length)) return
    // Dialogs and menus give the focus back themselves, a moment after they are gone.
    window.clearTimeout(timer)
    timer = window.setTimeout(catchIt, 60)
  })
  // A person who clicks on an empty place has left the control; nothing is to be kept then.
  const onPointer = () => (around = [])

  onMounted(() => {
    document.addEventListener('focusin', onFocus)
    document.addEventListener('pointerdown', onPointer, true)
    observer.observe(document.body, { childList: true, subtree: true })
  })
  onBeforeUnmount(() => {
    document.removeEventListener('focusin', onFocus)
    document.removeEventListener('pointerdown', onPointer, true)
    observer.disconnect()
    window.clearTimeout(timer)
  })
}
