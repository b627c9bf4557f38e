// The keys of the review list. A decision by key waits until the job has been on the screen for 400 ms, so that a fast
// `j a` never approves a job nobody looked at.
import { watch } from 'vue'
import type { Job, JobAction } from '@/api'
import { act, may } from './jobActions'
import { useShortcuts } from './shortcuts'

interface Review {
  current: () => Job | null
  step: (by: number) => void
  toggle: (job: Job) => void
  open: (job: Job) => void
  preview: () => void
  search: () => void
}

export function useReviewKeys(review: Review) {
  let armedAt = performance.now() + 400
  watch(
    () => review.current()?.id,
    () => {
      armedAt = performance.now() + 400
    },
  )
  const withJob = (use: (job: Job) => unknown) => () => {
    const job = review.current()
    return job ? use(job) : false
  }
  const decide = (action: JobAction) =>
    withJob((job) => {
      if (performance.now() < armedAt || !may(job, action)) return undefined
      return void act(job, action)
    })
  useShortcuts({
    j: () => review.step(1),
    k: () => review.step(-1),
    a: decide('approve'),
    s: decide('send_back'),
    r: decide('reject'),
    c: decide('reroute'),
    x: withJob((job) => void review.toggle(job)),
    o: withJob((job) => review.open(job)),
    Enter: withJob((job) => review.open(job)),
    ' ': withJob(() => review.preview()),
    '/': () => review.search(),
  })
}
