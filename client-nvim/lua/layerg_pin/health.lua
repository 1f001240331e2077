--- `:checkhealth layerg_pin`
local M = {}
local health = vim.health

local MAX_LOG = 256 * 1024 -- bytes at the end of the log that are searched
local TIMEOUT = 20000 -- milliseconds

--- Runs a program. Returns whether it succeeded, and its output or the error; never raises.
---@param command string[]
---@return boolean, string
local function run(command)
  local ran, done = pcall(function()
    return vim.system(command, { text = true }):wait(TIMEOUT)
  end)
  if not ran then
    return false, tostring(done)
  end
  local text = vim.trim(done.code == 0 and done.stdout or done.stderr)
  return done.code == 0, text ~= '' and text or ('it ended with exit code %d and printed nothing'):format(done.code)
end

local function check_server(config)
  health.start('layerg_pin: server')
  if type(config.cmd) ~= 'table' then
    health.info('cmd is a function, so the program that it starts is unknown')
    return
  end
  local path = vim.fn.exepath(config.cmd[1])
  if path == '' then
    health.error(('%s is not found'):format(config.cmd[1]), {
      'install it: pipx install layerg-pin',
      "or set its path: vim.lsp.config('layerg_pin', { cmd = { '/path/to/layerg-pin', 'lsp' } })",
    })
    return
  end
  local command = vim.tbl_map(function(word)
    return word == 'lsp' and '--version' or word
  end, config.cmd)
  local succeeded, text = run(command)
  if succeeded then
    health.ok(('%s: %s'):format(text, path))
  else
    health.error(('%s cannot run: %s'):format(path, text), { 'run it in a terminal to see why, or reinstall it' })
  end
end

local function check_go(config)
  health.start('layerg_pin: Go')
  local name = (config.init_options or {}).goPath or 'go'
  local path = vim.fn.exepath(name)
  local succeeded, text = run({ path ~= '' and path or name, 'version' })
  if succeeded then
    health.ok(('%s: %s'):format(text, path))
  else
    health.warn(('%s is not found or cannot run: %s'):format(name, text), {
      'without Go, differences are only reported as possible: put go on PATH, or set init_options.goPath',
    })
  end
end

--- The go.mod files above the buffers that a client serves.
---@return string[]
local function gomods(client)
  local found = {}
  for buffer in pairs(client.attached_buffers) do
    local folder = vim.fs.root(buffer, 'go.mod')
    if folder then
      found[vim.fs.joinpath(folder, 'go.mod')] = true
    end
  end
  found = vim.tbl_keys(found)
  table.sort(found)
  return found
end

--- The answer to `layergPin.status`: nil if the server does not answer, false if the go.mod is not a plugin's.
local function status(client, gomod)
  local params = { command = 'layergPin.status', arguments = { vim.uri_from_fname(gomod) } }
  local answer
  if vim.fn.has('nvim-0.11') == 1 then
    answer = client:request_sync('workspace/executeCommand', params, TIMEOUT)
  else
    answer = client.request_sync('workspace/executeCommand', params, TIMEOUT)
  end
  if answer and not answer.err then
    return type(answer.result) == 'table' and answer.result
  end
end

local function check_host(client, gomod)
  local found = status(client, gomod)
  if found == nil then
    health.error(('%s: the server does not answer'):format(gomod), { 'restart it, and read the log below' })
  elseif not found then
    health.info(("%s does not belong to a plugin"):format(gomod))
  elseif type(found.host) ~= 'string' then -- JSON's null is nil in some releases, vim.NIL in others
    health.warn(('%s has no host: %s'):format(gomod, found.words), {
      'set it: layerg-pin init --host ../layerg-core, or the code action at the module line',
    })
  else
    health.ok(('%s: %s, host %s at %s'):format(gomod, found.words, found.host, found.hostPath))
  end
end

local function check_hosts(clients)
  health.start('layerg_pin: hosts')
  if #clients == 0 then
    health.warn('no buffer is served', {
      "open a plugin's go.mod, and run :checkhealth again",
      "is it enabled? vim.lsp.enable('layerg_pin'), or in Neovim 0.10 the autocommand of :help layerg_pin-0.10",
    })
  end
  for _, client in ipairs(clients) do
    health.info(('client %d serves %s'):format(client.id, client.config.root_dir))
    for _, gomod in ipairs(gomods(client)) do
      check_host(client, gomod)
    end
  end
end

--- The last line of Neovim's log with an error of the server, or nil. Neovim logs everything that a server writes to
--- standard error as an error, even warnings.
---@param path string
---@return string?
local function last_error(path)
  local file = io.open(path, 'rb')
  if not file then
    return nil
  end
  file:seek('set', math.max(0, file:seek('end') - MAX_LOG))
  local found
  for line in file:lines() do
    if line:find('^%[ERROR%]') and line:find('layerg[-_]pin') and not line:find('"WARNING ', 1, true) then
      found = line
    end
  end
  file:close()
  return found
end

local function check_log()
  health.start('layerg_pin: last error')
  local path = require('vim.lsp.log').get_filename()
  local line = last_error(path)
  if line then
    health.info(('in %s:\n%s'):format(path, line))
  else
    health.ok(('none in %s'):format(path))
  end
end

function M.check()
  local clients = vim.lsp.get_clients({ name = 'layerg_pin' })
  local config = clients[1] and clients[1].config
  config = config or vim.lsp.config and vim.lsp.config.layerg_pin or require('layerg_pin').config
  check_server(config)
  check_go(config)
  check_hosts(clients)
  check_log()
end

return M
