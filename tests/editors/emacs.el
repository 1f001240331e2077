;;; emacs.el --- Edits go.mod in Emacs, as a user does -*- lexical-binding: t -*-
;;; Commentary:
;; Run as `emacs --batch -Q -l INIT -l emacs.el`, where INIT is what docs/editors.md says.  LAYERG_PIN_TEST_GOMOD names the file,
;; LAYERG_PIN_TEST_SEEN the expected diagnostics, LAYERG_PIN_TEST_FIX the title of the fix that removes all of them, and
;; LAYERG_PIN_TEST_PATIENCE how many seconds each step may take.  A step that fails ends Emacs with exit code 1.
;;; Code:
(require 'eglot)
(require 'flymake)

(defvar patience (string-to-number (getenv "LAYERG_PIN_TEST_PATIENCE")))

(defun said ()
  "The diagnostics that are shown, in their order."
  (mapcar #'flymake-diagnostic-text
          (sort (flymake-diagnostics)
                (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b))))))

(defun wait (what predicate)
  "Wait until PREDICATE holds; otherwise end with WHAT was expected and what is shown."
  (let ((end (+ (float-time) patience)))
    (while (not (funcall predicate))
      (when (> (float-time) end)
        (message "within %s s: %s\nshown: %S" patience what (said))
        (kill-emacs 1))
      (accept-process-output nil 0.05)
      (flymake-start))))

(defun shows (expected)
  "Whether as many diagnostics are shown as EXPECTED, each with its text in it."
  (let ((texts (said)))
    (and (= (length texts) (length expected))
         (cl-every #'string-search expected texts))))

(find-file (getenv "LAYERG_PIN_TEST_GOMOD"))
(run-hooks 'post-command-hook) ; eglot-ensure waits for it, and there is none in a batch
(wait "no server serves go.mod" #'eglot-managed-p)
(wait "the differences are not shown" (lambda () (shows (split-string (getenv "LAYERG_PIN_TEST_SEEN") "\n"))))
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(let* ((title (getenv "LAYERG_PIN_TEST_FIX"))
       (offered (eglot-code-actions (point) (point) "quickfix"))
       (action (seq-find (lambda (each) (equal (plist-get each :title) title)) offered))
       (eglot-confirm-server-edits nil))
  (unless action
    (message "offered: %S" (mapcar (lambda (each) (plist-get each :title)) offered))
    (kill-emacs 1))
  (eglot-execute (eglot-current-server) action))
;; What changed is sent when Emacs is idle, which it never is in a batch, or on saving.
(save-buffer)
(wait "something is shown after the fix" (lambda () (null (flymake-diagnostics))))
(eglot-shutdown (eglot-current-server))
(kill-emacs 0)
;;; emacs.el ends here
