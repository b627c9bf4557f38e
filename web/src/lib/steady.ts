// A list that does not jump: rows never move or vanish under the pointer or the focus. New jobs collect, decided jobs grey
// out in place. The merging itself is a pure function so that it can be tested.
import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import type { Job } from '@/api'

export interface SteadyRow {
  job: Job
  /** When the job left this list (ms), or null while it belongs here. */
  goneAt: number | null
}

export function merge(rows: SteadyRow[], jobs: Job[], touched: boolean, now: number): { rows: SteadyRow[]; fresh: Job[] } {
  const byId = new Map(jobs.map((j) => [j.id, j]))
  const kept = rows.map((row): SteadyRow => {
    const job = byId.get(row.job.id)
    return job ? { job, goneAt: null } : { job: row.job, goneAt: row.goneAt ?? now }
  })
  const known = new Set(rows.map((r) => r.job.id))
  if (touched) return { rows: kept, fresh: jobs.filter((j) => !known.has(j.id)) }
  // Nobody is in the list: take the server's order, with the greyed rows at the places they had.
  const next: SteadyRow[] = jobs.map((job) => ({ job, goneAt: null }))
  kept.forEach((row, index) => {
    if (row.goneAt !== null) next.splice(Math.min(index, next.length), 0, row)
  })
  return { rows: next, fresh: [] }
}

const GREY_MS = 5000

export function useSteadyList(
  source: Ref<Job[] | undefined>,
  /** Another filter or tab is another list and starts clean. */
  listKey: Ref<string>,
  /** True for a job decided in this window: its row may leave at once. */
  mine: (job: Job) => boolean,
) {
  const rows = shallowRef<SteadyRow[]>([])
  const fresh = shallowRef<Job[]>([])
  const pointer = ref(false)
  const focusedId = ref<string | null>(null)
  const touched = computed(() => pointer.value || focusedId.value !== null)
  let shownKey = ''

  function take(jobs: Job[]) {
    rows.value = jobs.map((job) => ({ job, goneAt: null }))
    fresh.value = []
  }
  function showFresh() {
    if (source.value) take(source.value)
  }

  watch(
    [source, listKey],
    ([jobs, key]) => {
      if (!jobs) {
        if (key !== shownKey) take([])
        return
      }
      if (key !== shownKey || rows.value.length === 0) {
        shownKey = key
        take(jobs)
        return
      }
      const merged = merge(rows.value, jobs, touched.value, Date.now())
      rows.value = merged.rows
      fresh.value = merged.fresh
    },
    { immediate: true },
  )

  // Greyed rows leave when nobody points at the list: their own at once, those of others after 5 s.
  const sweep = window.setInterval(() => {
    if (pointer.value) return
    const t = Date.now()
    const left = rows.value.filter(
      (r) => r.goneAt === null || r.job.id === focusedId.value || (!mine(r.job) && t - r.goneAt < GREY_MS),
    )
    if (left.length !== rows.value.length) rows.value = left
  }, 300)
  onBeforeUnmount(() => window.clearInterval(sweep))

  return { rows, fresh, showFresh, pointer, focusedId }
}
