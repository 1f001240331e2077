---@brief
---
--- https://github.com/OWNER/layerg-pin
---
--- Keeps Go server plugins loadable by their host (Nakama, Layerg, or any Go program that calls `plugin.Open`). It can be installed via `pipx` or `uv`:
---
--- ```sh
--- pipx install layerg-pin
--- ```
---
--- It runs beside gopls. The host is found from an image tag in a Dockerfile, or is set in `layerg-pin.toml`.

---@type vim.lsp.Config
return {
  cmd = { 'layerg-pin', 'lsp' },
  filetypes = { 'gomod', 'go' },
  root_markers = { '.git', 'go.work', 'go.mod' },
}
