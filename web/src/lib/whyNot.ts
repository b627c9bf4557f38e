// "Why not?": the reason of a no, and the one click that asks whoever can change it. The server names the people and decides who
// is asked; nothing here does.
import { useQuery } from '@tanstack/vue-query'
import { computed, ref, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Job, type JobAction, type Printer, type Project, type ProjectAction, type PrinterAction } from '@/api'
import { names as listed } from './format'
import { locale, t } from './i18n'
import { sentence } from './problems'
import { keys, refresh } from './query'
import { say } from './toast'

/** Which thing, and which action of the role table with it. */
export interface Question {
  /** The thing's address in the API. */
  at: string
  /** The action's key in the role table. */
  action: string
}

const jobKeys: Partial<Record<JobAction, string>> = {
  undo_send_back: 'job.send_back', withdraw: 'job.abort', resume: 'job.pause', download: 'job.open_file',
}
const projectKeys: Partial<Record<ProjectAction, string>> = { share: 'project.share_team' }

export const aboutJob = (job: Job, action: JobAction): Question => ({ at: `/print-jobs/${job.id}`, action: jobKeys[action] ?? `job.${action}` })
export const aboutProject = (project: Project, action: ProjectAction): Question => ({ at: `/projects/${project.id}`, action: projectKeys[action] ?? `project.${action}` })
export const aboutPrinter = (printer: Printer, action: PrinterAction): Question => ({ at: `/printers/${printer.id}`, action: `printer.${action}` })
export const aboutOrganization = (action: string): Question => ({ at: '/organization', action })

/** Words for asking, by what would help; some actions have better ones. */
const words: Record<string, string> = {
  share_project: 'why.share_project', share_printer: 'why.share_printer', plan: 'why.plan', act: 'why.act',
  'job.approve': 'why.approve', 'job.reroute': 'why.reroute', 'team.create': 'why.team',
}

export function useWhyNot(question: MaybeRefOrGetter<Question>) {
  const asked = computed(() => toValue(question))
  const query = useQuery({ queryKey: computed(() => keys.whyNot(asked.value.at)), queryFn: () => api.whyNot(asked.value.at) })
  const answer = computed(() => query.data.value?.items.find((item) => item.action === asked.value.action))
  const ask = computed(() => answer.value?.ask ?? null)
  const names = computed(() => listed(ask.value?.people.map((person) => person.name) ?? [], locale(), (n) => t('why.more', { n })))
  const label = computed(() => {
    const { remedy = 'act' } = ask.value ?? {}
    return t((remedy === 'act' && words[asked.value.action]) || words[remedy]!, { names: names.value })
  })
  const busy = ref(false)
  const error = ref('')
  async function press() {
    if (busy.value) return
    busy.value = true
    error.value = ''
    try {
      const { people } = await api.ask(asked.value.at, asked.value.action)
      say('toast.asked', { name: listed(people.map((person) => person.name), locale(), (n) => t('why.more', { n })) })
    } catch (problem) {
      error.value = sentence(problem)
    } finally {
      busy.value = false
      refresh(keys.whyNot(asked.value.at))
    }
  }
  return { query, answer, ask, names, label, busy, error, press }
}
