/* run_all.h - the end of every test program: runs the suite and gives main its status.  CK_RUN_CASE, CK_VERBOSITY and CK_FORK choose, as libcheck
 * documents them. */
#pragma once
#include <check.h>

static inline int run_all(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
