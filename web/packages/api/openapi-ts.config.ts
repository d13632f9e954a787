import { defineConfig } from '@hey-api/openapi-ts'

export default defineConfig({
  input: './openapi.json',
  output: { path: process.env.KEZHAN_API_OUT ?? './src/generated', clean: true, module: { extension: '.js' } },
  plugins: ['@hey-api/typescript', '@hey-api/client-fetch', { name: '@hey-api/sdk', auth: false, operations: { strategy: 'flat' } }],
})
