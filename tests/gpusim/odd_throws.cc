/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/odd_acts.h"

#include <pthread.h>
#include <stdexcept>
#include <string>

namespace
{

int g_cleaned;

/* Somebody between the driver and the program who has something to clean up.  */
struct Cleaner {
	~Cleaner() { g_cleaned++; }
};

void throw_from_within()
{
	throw std::runtime_error("from within");
}

__attribute__((noinline)) bool allocate_and_catch()
{
	uint64_t address = 0;

	try {
		Cleaner cleaner;

		cuMemAlloc_v2(&address, ODD_BYTES);
	} catch (const std::runtime_error &error) {
		return !address && error.what() == std::string("from within");
	}
	return false;
}

void end_from_within()
{
	pthread_exit(&g_cleaned);
}

void *allocate_and_end(void *)
{
	uint64_t address;
	Cleaner cleaner;

	odd_call_back(end_from_within);
	cuMemAlloc_v2(&address, ODD_BYTES);
	return nullptr;
}

}

void odd_throws()
{
	odd_call_back(throw_from_within);
	for (int i = 0; i < ODD_TIMES; i++)
		MUST(allocate_and_catch());
	MUST(g_cleaned == ODD_TIMES);
	odd_call_back(nullptr);
	odd_keep();
}

void odd_ends_threads()
{
	for (int i = 0; i < ODD_TIMES; i++) {
		pthread_t thread;
		void *result;

		MUST(!pthread_create(&thread, nullptr, allocate_and_end, nullptr));
		MUST(!pthread_join(thread, &result) && result == &g_cleaned);
	}
	MUST(g_cleaned == ODD_TIMES);
	odd_keep();
}
