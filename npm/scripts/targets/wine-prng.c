// SPDX-License-Identifier: Apache-2.0
// Wine before 9 lacks the library that programs of Rust take random numbers from. The function behind it is there.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); // RtlGenRandom

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
  return SystemFunction036(buffer, (ULONG)length);
}
