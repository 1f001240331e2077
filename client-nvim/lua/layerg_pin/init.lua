--- How Neovim runs the layerg-pin language server. See `:help layerg_pin`.
local M = {}

--- File types of build files. They attach only to a running server, which knows the plugins that they build.
local BUILD_FILES = {
  dockerfile = true,
  yaml = true,
  ['yaml.docker-compose'] = true,
  ['yaml.gitlab'] = true,
  make = true,
  sh = true,
  dosbatch = true,
  ps1 = true,
  json = true,
  jsonc = true,
}

--- Whether a file belongs to the standard library or to the module cache, which nobody edits.
---@param path string
---@param gomod string the go.mod above it
---@return boolean
local function is_gos_own(path, gomod)
  local first = vim.fn.readfile(gomod, '', 1)[1] or ''
  return path:find('@v%d') ~= nil or first:find('^module std%s*$') ~= nil or first:find('^module cmd%s*$') ~= nil
end

--- The root folder of the running server whose root contains a file, or nil.
---@param path string
---@return string?
local function running_root(path)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'layerg_pin' })) do
    local root = client.config.root_dir
    if root and vim.startswith(vim.fs.normalize(path), vim.fs.normalize(root) .. '/') then
      return root
    end
  end
end

--- The root folder of the server for a buffer, or nil if the buffer needs no server.
---
--- It is the repository, so that all plugins in it share one server, else the workspace, else the module. Every module
--- gets a server, because the server decides, from the sources too, whether a go.mod is a plugin's. A host's
--- vendor/modules.txt attaches only to a running server, which knows the plugins that are compared with it.
---@param buffer integer
---@return string?
function M.root(buffer)
  local path = vim.api.nvim_buf_get_name(buffer)
  if path == '' or path:find('://', 1, true) or vim.bo[buffer].buftype ~= '' then
    return nil
  end
  if vim.bo[buffer].filetype == 'text' then
    if not path:find('vendor[/\\]modules%.txt$') then
      return nil
    end
    local client = vim.lsp.get_clients({ name = 'layerg_pin' })[1]
    return running_root(path) or (client and client.config.root_dir)
  end
  if BUILD_FILES[vim.bo[buffer].filetype] then
    return running_root(path)
  end
  local work, module = vim.fs.root(path, 'go.work'), vim.fs.root(path, 'go.mod')
  if module and is_gos_own(path, vim.fs.joinpath(module, 'go.mod')) then
    return nil
  end
  return (work or module) and (vim.fs.root(path, '.git') or work or module)
end

local group = vim.api.nvim_create_augroup('layerg_pin', {})

--- Shows diagnostics, except those that another server reports at the same line with the same message, as gopls does
--- for an unreadable line. Updates them whenever the other diagnostics change.
---@param buffer integer
---@param client_id integer
---@param diagnostics lsp.Diagnostic[]
---@param handle fun(left: lsp.Diagnostic[])
local function show_without_duplicates(buffer, client_id, diagnostics, handle)
  local shown
  local function show()
    local left = vim.tbl_filter(function(diagnostic)
      for _, other in ipairs(vim.diagnostic.get(buffer, { lnum = diagnostic.range.start.line })) do
        if other.source ~= diagnostic.source and other.message == diagnostic.message then
          return false
        end
      end
      return true
    end, diagnostics)
    if #left ~= shown and vim.lsp.get_client_by_id(client_id) then
      shown = #left
      handle(left)
    end
  end
  show()
  vim.api.nvim_clear_autocmds({ group = group, buffer = buffer })
  vim.api.nvim_create_autocmd('DiagnosticChanged', { group = group, buffer = buffer, callback = vim.schedule_wrap(show) })
end

--- Handles diagnostics that the server publishes, as it does for Neovim 0.10.
local function publish(error, result, context, config)
  show_without_duplicates(vim.uri_to_bufnr(result.uri), context.client_id, result.diagnostics, function(left)
    local params = vim.tbl_extend('force', result, { diagnostics = left })
    vim.lsp.diagnostic.on_publish_diagnostics(error, params, context, config)
  end)
end

--- Handles diagnostics that Neovim requested.
local function pull(error, result, context, config)
  if error or not result or result.kind ~= 'full' or not vim.api.nvim_buf_is_valid(context.bufnr) then
    return vim.lsp.diagnostic.on_diagnostic(error, result, context, config)
  end
  show_without_duplicates(context.bufnr, context.client_id, result.items, function(left)
    vim.lsp.diagnostic.on_diagnostic(error, vim.tbl_extend('force', result, { items = left }), context, config)
  end)
end

--- Applies an edit to all of its files, or to none.
local function apply_edit(error, params, context, config)
  local reason = require('layerg_pin.upgrade').refusal(params.edit, context.client_id)
  if reason then
    return { applied = false, failureReason = reason }
  end
  return vim.lsp.handlers['workspace/applyEdit'](error, params, context, config)
end

--- Shows what an upgrade would change before it is made. Code actions and lenses call it.
local function upgrade(command, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client then
    require('layerg_pin.upgrade').upgrade(client, unpack(command.arguments))
  end
end

--- The default configuration, which `vim.lsp.config('layerg_pin', …)` extends.
---@type vim.lsp.Config
M.config = {
  cmd = { 'layerg-pin', 'lsp' },
  filetypes = vim.list_extend({ 'gomod', 'gowork', 'go', 'text' }, vim.tbl_keys(BUILD_FILES)),
  root_dir = function(buffer, on_dir)
    local root = M.root(buffer)
    if root then
      on_dir(root)
    end
  end,
  handlers = {
    ['textDocument/publishDiagnostics'] = publish,
    ['textDocument/diagnostic'] = pull,
    ['workspace/applyEdit'] = apply_edit,
  },
  commands = { ['layergPin.upgrade'] = upgrade },
  -- Neovim supports versioned edits, but does not declare the capability.
  capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
    workspace = { workspaceEdit = { documentChanges = true } },
  }),
}

--- Attaches a buffer to the server, for Neovim 0.10, which has no `vim.lsp.enable`.
---@param buffer integer
---@param config table? values that override those of `M.config`
function M.start(buffer, config)
  local root = M.root(buffer)
  if root then
    local own = { name = 'layerg_pin', root_dir = root }
    vim.lsp.start(vim.tbl_extend('force', M.config, own, config or {}), { bufnr = buffer })
  end
end

return M
