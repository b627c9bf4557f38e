// What tokens may be used for, in the order in which it is shown.
import type { Scope } from '@/api'

export const SCOPES: readonly Scope[] = ['read', 'print', 'approve', 'manage']
