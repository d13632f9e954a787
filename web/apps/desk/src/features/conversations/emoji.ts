/** The picker's own small set: group → characters. Everything ships with the page. */
export const emoji = {
  faces: '😀 😃 😄 😁 😆 😅 😂 🤣 😊 😇 🙂 🙃 😉 😌 😍 🥰 😘 😋 😜 🤪 🤗 🤭 🤔 🤐 😐 😑 😶 🙄 😏 😴 😷 🤒 😎 🤓 😕 😟 🙁 😮 😯 😲 😳 🥺 😦 😨 😰 😥 😢 😭 😱 😖 😞 😓 😩 😫 🥱 😤 😠 🤝',
  hands: '👍 👎 👌 ✌️ 🤞 🤟 🤙 👋 🖐️ ✋ 👏 🙌 👐 🙏 💪 ✍️ 👆 👇 👈 👉 🫶 🤲 🙇 🙋 🤷 🤦 🙆 🙅',
  hearts: '❤️ 🧡 💛 💚 💙 💜 🤍 🖤 💔 💕 💖 💝 🌹 🌸 🌺 🌻 🌿 🍀 🌲 🎄 ⭐ 🌟 ✨ 🔥 🌈 ☀️ 🌙 ⛅ ☔ ❄️',
  things: '🍵 ☕ 🫖 🍰 🎂 🍎 🍊 🍜 🍚 🥟 🎁 🎉 🎊 🧧 🏮 📦 🚚 🛵 ✈️ 🏠 🏪 💰 💳 🧾 📞 📱 💻 ⌚ 📷 📎 📄 📅 ⏰ 🔑 🔒 🔔 💡 🛠️',
  signs: '✅ ❌ ⭕ ❗ ❓ ⚠️ 🚫 💯 🆗 🆕 🔝 ➕ ➖ ➡️ ⬅️ ⬆️ ⬇️ 🔄 ♻️ 🔴 🟡 🟢 🔵 ⚪ ⚫',
} as const

export const emojiGroups = Object.keys(emoji) as (keyof typeof emoji)[]
