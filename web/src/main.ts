// Starts the app: cache, messages, router. Everything else loads with the page that needs it.
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n } from './lib/i18n'
import { queryClient } from './lib/query'
import './lib/theme'
import { router } from './router'
import './styles/index.css'

createApp(App).use(VueQueryPlugin, { queryClient }).use(i18n).use(router).mount('#app')
