--- Moves a plugin to another release of its host: shows what would change, asks, and changes all files at once.
local M = {}

--- Executes a command of the server, and calls `done` with its result. An error is shown to the user instead.
local function execute(client, command, arguments, done)
  local params = { command = command, arguments = arguments }
  local function handler(error, result)
    if error then
      vim.notify(('layerg-pin: %s'):format(error.message), vim.log.levels.ERROR)
    else
      done(result)
    end
  end
  if vim.fn.has('nvim-0.11') == 1 then
    client:request('workspace/executeCommand', params, handler)
  else
    client.request('workspace/executeCommand', params, handler)
  end
end

--- Shows Markdown in a window of its own, and returns its buffer.
---@param text string
---@return integer
local function show(text)
  vim.cmd('botright new')
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].swapfile = false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n'))
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = 'markdown'
  vim.cmd.redraw()
  return buffer
end

local function ask_and_apply(client, plan)
  local buffer = show(plan.report)
  if plan.files == 0 then
    return
  end
  local files = plan.files == 1 and '1 file' or ('%d files'):format(plan.files)
  local prompt = ('%s: change %s as the report says?'):format(plan.title, files)
  vim.ui.select({ 'Apply', 'Cancel' }, { prompt = prompt }, function(answer)
    if answer ~= 'Apply' then
      return -- the report stays open
    end
    execute(client, 'layergPin.applyUpgrade', { plan.key }, function(applied)
      if applied then
        if vim.api.nvim_buf_is_valid(buffer) then
          vim.api.nvim_buf_delete(buffer, { force = true })
        end
        vim.notify(('%s: %s changed; :wall writes all changed buffers'):format(plan.title, files))
      end
    end)
  end)
end

--- Upgrades the plugin whose go.mod has this URI. Without a release, the user chooses one.
---@param client vim.lsp.Client
---@param uri string
---@param release string? such as `nakama@3.40.0`
function M.upgrade(client, uri, release)
  if release then
    execute(client, 'layergPin.planUpgrade', { uri, release }, function(plan)
      if type(plan) == 'table' then -- otherwise the server has shown why there is none
        ask_and_apply(client, plan)
      end
    end)
    return
  end
  execute(client, 'layergPin.hosts', { uri }, function(hosts)
    local releases = vim.tbl_filter(function(host)
      return host.is_release
    end, hosts or {})
    local options = {
      prompt = 'Upgrade to which release?',
      format_item = function(host)
        return ('%s (%s)'):format(host.label, host.detail)
      end,
    }
    vim.ui.select(releases, options, function(host)
      if host then
        M.upgrade(client, uri, host.reference)
      end
    end)
  end)
end

--- The reason why an edit must not be applied, or nil: a buffer is newer than the edit, or has changes that the server
--- does not see. Neovim would apply the edit to the other buffers only.
---@param edit table a WorkspaceEdit
---@param client_id integer
---@return string?
function M.refusal(edit, client_id)
  local versions = {}
  for uri in pairs(edit.changes or {}) do
    versions[uri] = false
  end
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument then
      local version = change.textDocument.version
      versions[change.textDocument.uri] = type(version) == 'number' and version
    end
  end
  for uri, version in pairs(versions) do
    local path = vim.uri_to_fname(uri)
    local name = vim.fn.fnamemodify(path, ':~:.')
    if vim.fn.bufloaded(path) == 1 then
      local buffer = vim.fn.bufadd(path) -- the one that exists; `bufnr` also accepts a part of a name
      if version and (vim.lsp.util.buf_versions[buffer] or 0) > version then
        return ('%s was edited in the meantime'):format(name)
      elseif vim.bo[buffer].modified and not vim.lsp.buf_is_attached(buffer, client_id) then
        return ('%s is not saved: save it first'):format(name)
      end
    end
  end
end

return M
