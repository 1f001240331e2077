-- For Neovim 0.11 and newer: `vim.lsp.enable('layerg_pin')`. See `:help layerg_pin`.
return require('layerg_pin').config
