-- Runs a plan that neovim.py wrote: starts the language server for go.mod buffers, or does what the plan's own init
-- says, then does one step after another.
-- Run as `nvim --clean --headless -l neovim.lua`; works from Neovim 0.10 on. A step that fails ends Neovim with exit code 1.

local function read(path)
  local file = assert(io.open(path, 'rb'))
  local content = file:read('*a')
  file:close()
  return content
end

local plan = vim.json.decode(read(assert(os.getenv('LAYERG_PIN_TEST_PLAN'))))
local report = { published = {}, offered = {}, milliseconds = {} }
local unexpected = {} -- unexpected messages to the user

local function fail(message, ...)
  io.stderr:write(message:format(...), '\n')
  for _, text in ipairs(unexpected) do
    io.stderr:write('shown to the user: ', text, '\n')
  end
  vim.cmd('cquit 1')
end

--- Waits until `problem()` returns nil, which is called whenever something happened; otherwise fails with its result.
local function wait(within, problem)
  local text
  local start = vim.uv.hrtime()
  local done = vim.wait(within or plan.patience, function()
    text = problem()
    return text == nil
  end, 5)
  if not done then
    fail('after %.0f ms: %s', (vim.uv.hrtime() - start) / 1e6, text)
  end
  table.insert(report.milliseconds, math.floor((vim.uv.hrtime() - start) / 1e6))
end

local function text_of(buffer)
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
  return vim.bo[buffer].endofline and text .. '\n' or text
end

--- One line for a diagnostic, with byte columns as Neovim counts them.
local function line_of(diagnostic)
  return ('%d:%d-%d:%d %s %s[%s]'):format(
    diagnostic.lnum,
    diagnostic.col,
    diagnostic.end_lnum,
    diagnostic.end_col,
    vim.diagnostic.severity[diagnostic.severity],
    diagnostic.source,
    diagnostic.code
  )
end

--- The problem with the diagnostics that are shown, or nil.
local function difference(expected, only)
  local shown = vim.tbl_filter(function(diagnostic)
    return only == nil or diagnostic.code == only
  end, vim.diagnostic.get(0))
  table.sort(shown, function(a, b)
    return a.lnum < b.lnum or (a.lnum == b.lnum and a.col < b.col)
  end)
  local wrong = #shown ~= #expected
  for i, diagnostic in ipairs(shown) do
    local wanted = expected[i]
    wrong = wrong or line_of(diagnostic) ~= wanted.line
    for _, part in ipairs(wanted and wanted.message or {}) do
      wrong = wrong or not diagnostic.message:find(part, 1, true)
    end
  end
  if not wrong then
    return nil
  end
  local lines = { 'diagnostics are' }
  for _, diagnostic in ipairs(shown) do
    table.insert(lines, ('  %s %s'):format(line_of(diagnostic), diagnostic.message))
  end
  table.insert(lines, 'and should be')
  for _, wanted in ipairs(expected) do
    table.insert(lines, ('  %s … %s'):format(wanted.line, table.concat(wanted.message, ' … ')))
  end
  return table.concat(lines, '\n')
end

local steps = {}
local answers = {} -- the texts of what the user will choose

--- Opens a file as the user does, and waits until the expected servers serve it.
function steps.open(step)
  vim.cmd.edit(vim.fn.fnameescape(step.path))
  if #step.servers == 0 then
    return
  end
  wait(nil, function()
    local names = {}
    for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do
      table.insert(names, client.initialized and client.name or nil)
    end
    table.sort(names)
    if #names == 0 then
      return 'no server is attached'
    end
    return not vim.deep_equal(names, step.servers) and ('attached are %s'):format(table.concat(names, ', ')) or nil
  end)
end

--- The servers of all files that are open, by name and how many buffers each serves.
function steps.clients(step)
  local found = {}
  for _, client in ipairs(vim.lsp.get_clients()) do
    table.insert(found, ('%s: %d'):format(client.name, vim.tbl_count(client.attached_buffers)))
  end
  table.sort(found)
  if not vim.deep_equal(found, step.expected) then
    fail('servers are %s', table.concat(found, ', '))
  end
end

--- Nil if the lines contain all parts, otherwise what is missing.
local function lacks(lines, parts)
  local text = table.concat(lines, '\n')
  for _, part in ipairs(parts) do
    if not text:find(part, 1, true) then
      return ('there is no %s in\n%s'):format(part, text)
    end
  end
end

--- Hovers, and waits for a window that shows all parts.
function steps.hover(step)
  vim.api.nvim_win_set_cursor(0, { step.line + 1, step.column })
  vim.lsp.buf.hover()
  wait(nil, function()
    local problem = 'no window is shown'
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        problem = lacks(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), step.parts)
        if not problem then
          vim.api.nvim_win_close(window, true)
          return nil
        end
      end
    end
    return problem
  end)
end

--- Waits for exactly these inlay hints, each with its line.
function steps.hints(step)
  vim.lsp.inlay_hint.enable(true)
  wait(nil, function()
    local found = {}
    for _, each in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
      table.insert(found, ('%d %s'):format(each.inlay_hint.position.line, each.inlay_hint.label))
    end
    return not vim.deep_equal(found, step.expected) and ('hints are %s'):format(table.concat(found, ', ')) or nil
  end)
end

--- Runs :checkhealth until its report contains all parts; a server's last message may reach the log late.
function steps.checkhealth(step)
  wait(nil, function()
    vim.cmd('silent checkhealth layerg_pin')
    local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
    vim.cmd('bdelete')
    return lacks(lines, step.parts)
  end)
end

--- Waits for a message to the user, which is then expected.
function steps.shown_message(step)
  wait(nil, function()
    for i, text in ipairs(unexpected) do
      if text:find(step.text, 1, true) then
        table.remove(unexpected, i)
        return nil
      end
    end
    return ('no message to the user contains %s'):format(step.text)
  end)
end

--- Opens a page of the help, after its tags were made as a package manager does.
function steps.help(step)
  vim.cmd.helptags(step.folder)
  vim.cmd.help(step.tag)
  vim.cmd('helpclose')
end

--- Runs a command of the server with this name, and waits for its end.
function steps.execute(step)
  local client = vim.lsp.get_clients({ name = step.server })[1]
  local answer
  client:request('workspace/executeCommand', { command = step.command, arguments = step.arguments }, function(error)
    answer = { error = error }
  end)
  wait(nil, function()
    return answer == nil and ('%s does not answer'):format(step.command) or nil
  end)
  if answer.error then
    fail('%s: %s', step.command, answer.error.message)
  end
end

--- Waits until an open file shows as many diagnostics as parts are given, each part in one of them.
function steps.messages(step)
  local buffer = vim.fn.bufnr(step.path)
  wait(nil, function()
    local found = {}
    for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
      table.insert(found, ('%s: %s'):format(diagnostic.source, diagnostic.message))
    end
    local wrong = #found ~= #step.parts
    for _, part in ipairs(step.parts) do
      local holding = vim.tbl_filter(function(text)
        return text:find(part, 1, true) ~= nil
      end, found)
      wrong = wrong or #holding ~= 1
    end
    return wrong and ('messages are\n  %s'):format(table.concat(found, '\n  ')) or nil
  end)
end

function steps.diagnostics(step)
  wait(step.within, function()
    return difference(step.expected, step.only)
  end)
end

function steps.edit(step)
  vim.api.nvim_buf_set_text(0, step.line, step.start, step.line, step.stop, vim.split(step.text, '\n'))
end

--- Applies the only action of a kind whose title begins as given, which must be the expected one.
function steps.action(step)
  local wanted, offered = {}, {}
  local tick = vim.api.nvim_buf_get_changedtick(0)
  vim.api.nvim_win_set_cursor(0, { step.line + 1, step.column })
  vim.lsp.buf.code_action({
    apply = true,
    context = step.only and { only = step.only, diagnostics = {} } or nil,
    filter = function(action)
      table.insert(offered, ('%s (%s)'):format(action.title, action.kind))
      if action.kind ~= step.kind or not vim.startswith(action.title, step.prefix) then
        return false
      end
      table.insert(wanted, action.title)
      if not action.edit then
        table.insert(unexpected, ('%s: the action carries no edit'):format(action.title))
      end
      return true
    end,
  })
  wait(nil, function()
    return vim.api.nvim_buf_get_changedtick(0) == tick
        and ('no action was applied; offered: %s'):format(table.concat(offered, ', '))
      or nil
  end)
  if not vim.deep_equal(wanted, { step.title }) then
    fail('applied %s, not %s', table.concat(wanted, ', '), step.title)
  end
  table.insert(report.offered, offered)
end

--- Answers the next questions with these items, each shown with this text or one that begins with it.
function steps.answer(step)
  vim.list_extend(answers, step.texts)
end

--- Runs the action with this title, which runs a command, and does not wait for it.
function steps.run_action(step)
  vim.api.nvim_win_set_cursor(0, { step.line + 1, 0 })
  local found = false
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      found = found or action.title == step.title
      return action.title == step.title
    end,
  })
  wait(nil, function()
    return not found and ('%s is not offered'):format(step.title) or nil
  end)
end

--- Waits until some window shows all parts.
function steps.window(step)
  wait(nil, function()
    local problem = 'no window'
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      problem = lacks(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), step.parts)
      if not problem then
        return nil
      end
    end
    return problem
  end)
end

--- Waits until an open file contains these parts.
function steps.has(step)
  wait(nil, function()
    local buffer = vim.fn.bufnr(step.path)
    return buffer == -1 and ('%s is not open'):format(step.path)
      or lacks(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), step.parts)
  end)
end

--- Waits until an action with this title is offered at a place.
function steps.offered(step)
  local position = { line = step.line, character = step.column }
  wait(nil, function()
    local titles = {}
    local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', {
      textDocument = { uri = vim.uri_from_bufnr(0) },
      range = { start = position, ['end'] = position },
      context = { diagnostics = {} },
    }, plan.patience)
    for _, answer in pairs(answers or {}) do
      for _, action in ipairs(answer.result or {}) do
        table.insert(titles, action.title)
      end
    end
    return not vim.tbl_contains(titles, step.title) and ('offered: %s'):format(table.concat(titles, ', ')) or nil
  end)
end

function steps.buffer(step)
  local text = text_of(0)
  if text ~= step.text or vim.bo.fileformat ~= step.format then
    fail('the buffer (%s) is\n%s\nand should be (%s)\n%s', vim.bo.fileformat, text, step.format, step.text)
  end
end

function steps.write()
  vim.cmd('silent write')
end

function steps.write_all()
  vim.cmd('silent wall')
end

--- Reads the file again, as after a change from outside.
function steps.reload()
  vim.cmd('silent edit!')
end

--- Runs a command beside the editor, as in a terminal.
function steps.command(step)
  local done = vim.system(step.command, { cwd = step.folder, env = step.env, text = true }):wait()
  if done.code ~= 0 then
    fail('%s ended with %d: %s', table.concat(step.command, ' '), done.code, done.stderr)
  end
end

function steps.undo()
  vim.cmd('silent undo')
end

--- Waits until a process runs whose command line holds a text.
function steps.process(step)
  wait(nil, function()
    for name in vim.fs.dir('/proc') do
      local file = name:match('^%d+$') and io.open(('/proc/%s/cmdline'):format(name), 'rb')
      local command = file and file:read('*a')
      if file then
        file:close()
      end
      if command and command:find(step.text, 1, true) then
        return nil
      end
    end
    return ('no process has %s in its command line'):format(step.text)
  end)
end

--- Ends Neovim as a crash does.
function steps.crash()
  vim.uv.kill(vim.uv.os_getpid(), 'sigkill')
end

local function finish()
  if #unexpected > 0 then
    fail('the steps are done')
  end
  local file = assert(io.open(plan.report, 'wb'))
  file:write(vim.json.encode(report))
  file:close()
end

vim.notify = function(text, level)
  if (level or vim.log.levels.INFO) >= vim.log.levels.WARN then
    table.insert(unexpected, text)
  end
end
vim.ui.select = function(items, options, done)
  local wanted = table.remove(answers, 1)
  for _, item in ipairs(items) do
    local text = options.format_item and options.format_item(item) or tostring(item)
    if wanted and vim.startswith(text, wanted) then
      return done(item)
    end
  end
  table.insert(unexpected, ('a choice of %d: %s'):format(#items, options.prompt or ''))
end

local capabilities = vim.lsp.protocol.make_client_capabilities()
capabilities.general.positionEncodings = plan.encodings

if plan.init then
  assert(loadstring(plan.init, 'init'))()
else
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'gomod',
    callback = function(event)
      vim.lsp.start({
        name = 'layerg-pin',
        cmd = plan.server,
        root_dir = vim.fs.dirname(vim.api.nvim_buf_get_name(event.buf)),
        init_options = plan.init_options,
        capabilities = capabilities,
        handlers = {
          ['textDocument/publishDiagnostics'] = function(error, result, context, config)
            table.insert(report.published, result)
            return vim.lsp.diagnostic.on_publish_diagnostics(error, result, context, config)
          end,
        },
      }, { bufnr = event.buf })
    end,
  })
end
vim.cmd('filetype on')

for _, step in ipairs(plan.steps) do
  steps[step['do']](step)
end
finish()
