/* usage.c - runs a program and tells what it took: ./usage FILE PROGRAM ARGS...; FILE gets "status user-seconds peak-KiB".  For speed.sh.
 * User time of the whole process and the most memory it ever had, from wait4 (getrusage(2)). */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage used = { 0 };
    int status = 0;
    if (argc < 3)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 2;
    FILE *file = fopen(argv[1], "w");
    if (!file)
        return 2;
    fprintf(file, "%d %.3f %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128, (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6, used.ru_maxrss);
    return fclose(file) != 0;
}
