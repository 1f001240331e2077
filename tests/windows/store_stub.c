/* python.exe of the Store's folder WindowsApps: where no Python is installed, it only says how to get one. */
#include <stdio.h>

int main(void) {
    fputs("Python was not found; run without arguments to install from the Microsoft Store\n", stderr);
    return 9009;
}
