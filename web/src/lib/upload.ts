// A resumable upload: the file goes up in chunks, a lost connection is retried, and the server is always asked how far it
// got. Nothing is lost by pausing or by a dropped network.
import { computed, onBeforeUnmount, ref } from 'vue'
import { api, newKey, Problem, type Facts, type Session, type Upload } from '@/api'
import { bytes } from './format'
import { locale, t } from './i18n'
import { sentence } from './problems'
import { putChunk } from './putChunk'

export type UploadPhase = 'idle' | 'sending' | 'paused' | 'waiting' | 'complete' | 'failed'

/** Checks that need no server. Returns a sentence, or null when the file may go up. */
export function refuseFile(file: { name: string; size: number }, limits: Session['upload'], project?: string): string | null {
  const extensions = limits.extensions.map((e) => (e.startsWith('.') ? e : `.${e}`).toLowerCase())
  if (!extensions.some((e) => file.name.toLowerCase().endsWith(e))) {
    return t(project ? 'project.wrong_type' : 'upload.wrong_type', { name: file.name, types: extensions.join(', ') })
  }
  if (file.size === 0) return t('upload.empty', { name: file.name })
  if (file.size > limits.max_bytes) {
    return t('upload.too_large', { size: bytes(file.size, locale()), max: bytes(limits.max_bytes, locale()) })
  }
  return null
}

/** A lost connection, a busy or restarting server, and an older connection of the same upload that is still closing. */
const worthWaiting = (p: Problem) =>
  p.status < 400 || [429, 502, 503, 504].includes(p.status) || p.code === 'busy' || p.code === 'broken_off'

/** What goes into a library project: print files, and models, which may be larger. */
export function projectLimits(upload: Session['upload'], name: string): Session['upload'] {
  const model = upload.model_extensions.some((e) => name.toLowerCase().endsWith(`.${e}`))
  return {
    ...upload,
    extensions: [...upload.extensions, ...upload.model_extensions],
    max_bytes: model ? upload.model_max_bytes : upload.max_bytes,
  }
}

/** For a print job, or for a library project. */
export function useUpload(limits: () => Session['upload'] | undefined, project?: string) {
  const phase = ref<UploadPhase>('idle')
  const file = ref<File | null>(null)
  const error = ref('')
  /** The server will never take this file, so there is nothing to try again. */
  const refused = ref(false)
  const sent = ref(0)
  const rate = ref(0)
  const id = ref('')
  const facts = ref<Facts | null>(null)
  const warnings = ref<string[]>([])
  let key = ''
  let xhr: XMLHttpRequest | null = null
  let wakeUp: (() => void) | null = null
  /** Every start, pause or cancel makes older loops stop by themselves. */
  let generation = 0

  const percent = computed(() => (file.value?.size ? Math.min(100, (sent.value / file.value.size) * 100) : 0))
  const secondsLeft = computed(() =>
    file.value && rate.value > 0 && phase.value === 'sending' ? (file.value.size - sent.value) / rate.value : null,
  )

  function choose(next: File) {
    reset()
    const max = limits()
    const refused = max ? refuseFile(next, max, project) : null
    if (refused) {
      error.value = refused
      phase.value = 'failed'
      return
    }
    file.value = next
    key = newKey()
    void loop()
  }

  async function sleep(ms: number) {
    await new Promise<void>((resolve) => {
      wakeUp = resolve
      window.setTimeout(resolve, ms)
    })
    wakeUp = null
  }

  async function loop() {
    const mine = (generation += 1)
    const current = file.value
    if (!current) return
    const live = () => mine === generation
    let failures = 0
    phase.value = 'sending'
    error.value = ''
    while (live()) {
      try {
        let offset: number
        if (!id.value) {
          const started = await api.startUpload(current.name, current.size, key, project)
          if (!live()) return
          id.value = started.id
          offset = started.received
        } else {
          const state = await api.upload(id.value)
          if (!live()) return
          offset = state.received
          if (state.complete) return finish(state)
          if (state.refused) throw new Problem(415, 'not_accepted', state.refused)
        }
        sent.value = offset
        phase.value = 'sending'
        await sendFrom(offset, current, live)
        return
      } catch (problem) {
        if (!live() || (problem instanceof DOMException && problem.name === 'AbortError')) return
        const p = problem instanceof Problem ? problem : null
        // A lost line or a restarting server is worth waiting for; a refusal is not.
        if (p && !worthWaiting(p)) {
          phase.value = 'failed'
          refused.value = [413, 415, 422].includes(p.status)
          error.value = sentence(p)
          return
        }
        phase.value = 'waiting'
        failures += 1
        await sleep(p?.retryAfterS ? p.retryAfterS * 1000 : Math.min(15_000, 1000 * 2 ** (failures - 1)))
      }
    }
  }

  async function sendFrom(from: number, current: File, live: () => boolean) {
    let offset = from
    const chunk = Math.max(64 * 1024, Math.min(limits()?.chunk_bytes ?? 1024 * 1024, 4 * 1024 * 1024))
    while (live()) {
      // All bytes there but not yet looked into: the answer to the last piece was lost. Its repetition brings it again.
      if (offset >= current.size) offset = current.size - 1
      const start = performance.now()
      const piece = current.slice(offset, offset + chunk)
      const before = offset
      const answer = await putChunk(
        api.uploadUrl(id.value, offset),
        piece,
        (loaded) => {
          if (!live()) return
          sent.value = before + Math.min(loaded, piece.size)
          const seconds = (performance.now() - start) / 1000
          if (seconds > 0.3) rate.value = rate.value ? rate.value * 0.7 + (loaded / seconds) * 0.3 : loaded / seconds
        },
        (request) => {
          xhr = request
        },
      )
      if (!live()) return
      if (answer.status === 409 && typeof answer.body.received === 'number') {
        // The server has another idea of how far we are; it is right.
        offset = sent.value = answer.body.received
        if (offset !== before) continue
      }
      if (answer.status < 200 || answer.status >= 300 || answer.body.received === undefined) {
        throw new Problem(answer.status, answer.body.code ?? `http_${answer.status}`, answer.body.detail ?? '')
      }
      const seconds = Math.max(0.001, (performance.now() - start) / 1000)
      rate.value = rate.value ? rate.value * 0.6 + (piece.size / seconds) * 0.4 : piece.size / seconds
      offset = sent.value = answer.body.received
      if (answer.body.complete) return finish(answer.body as Upload)
    }
  }

  function finish(result: Upload) {
    sent.value = file.value?.size ?? sent.value
    facts.value = result.facts ?? null
    warnings.value = result.facts?.warnings ?? []
    phase.value = 'complete'
  }

  function pause() {
    generation += 1
    xhr?.abort()
    phase.value = 'paused'
  }
  function resume() {
    wakeUp?.()
    void loop()
  }
  function reset() {
    generation += 1
    xhr?.abort()
    file.value = null
    error.value = ''
    refused.value = false
    sent.value = rate.value = 0
    facts.value = null
    warnings.value = []
    id.value = ''
    phase.value = 'idle'
  }
  function cancel() {
    const old = id.value
    reset()
    // The space is given back at once; if this call gets lost, the server removes stale uploads itself.
    if (old) api.cancelUpload(old).catch(() => undefined)
  }

  const online = () => wakeUp?.()
  window.addEventListener('online', online)
  onBeforeUnmount(() => {
    window.removeEventListener('online', online)
    generation += 1
    xhr?.abort()
  })

  return { phase, file, error, refused, sent, percent, secondsLeft, id, facts, warnings, choose, pause, resume, cancel, reset }
}
