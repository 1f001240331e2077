/* The source of python.exe, also for a venv, and of layerg-pin.exe if LAYERG_PIN is defined.
   It runs Python from the python311.dll beside it or on PATH. */
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

int wmain(int count, wchar_t **arguments) {
    HMODULE python = LoadLibraryW(L"python311.dll");
    int (*run)(int, wchar_t **) = python ? (void *)GetProcAddress(python, "Py_Main") : NULL;
    if (!run)
        return 103;
#ifdef LAYERG_PIN
    wchar_t **longer = calloc(count + 3, sizeof *longer);
    longer[0] = arguments[0];
    longer[1] = L"-m";
    longer[2] = L"layerg_pin";
    for (int i = 1; i < count; i++)
        longer[i + 2] = arguments[i];
    return run(count + 2, longer);
#else
    return run(count, arguments);
#endif
}
