// Light, Dark or System. The choice lives in this browser; public/theme.js applies it before first paint.
import { ref, watch } from 'vue'

export type ThemeChoice = 'light' | 'dark' | 'system'
const KEY = 'imprimatur.theme'
const media = window.matchMedia('(prefers-color-scheme: dark)')

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

export const theme = ref<ThemeChoice>(stored())

function apply() {
  const dark = theme.value === 'dark' || (theme.value === 'system' && media.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

watch(theme, (choice) => {
  try {
    if (choice === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, choice)
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
  apply()
})
media.addEventListener('change', apply)
