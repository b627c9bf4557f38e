// One shared clock for "waits 1:52 h" and "Done at about 15:50", so that a page does not run a timer per row.
import { ref } from 'vue'
import { clock } from './format'
import { locale, t } from './i18n'

export const now = ref(Date.now())
window.setInterval(() => {
  now.value = Date.now()
}, 5000)

/** Today "15:50", tomorrow "tomorrow 09:10", else "23 Nov, 15:50". */
export const at = (iso: string | Date | null | undefined): string =>
  iso ? clock(iso, new Date(now.value), locale(), (time) => t('time.tomorrow', { time })) : ''

export const inSeconds = (seconds: number): Date => new Date(now.value + seconds * 1000)
