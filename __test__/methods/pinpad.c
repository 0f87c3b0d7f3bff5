// SPDX-License-Identifier: Apache-2.0
// A PKCS #11 module in front of another one, for tests of what SoftHSM does not have: a pin pad, a lock-out counter, a
// library without locks, a token that fails in the middle. It records every login. All else goes on to the real module.
//   PINPAD_MODULE   the real module
//   PINPAD_PIN      what is typed on the pad: the token has one
//   PINPAD_FLAGS    flags of the token to add, in hexadecimal
//   PINPAD_LOG      file that gets a line for each login
//   PINPAD_FAIL     file; while it is there, signing answers with the number in it
//   PINPAD_UNLOCKED the library refuses to lock
//   PINPAD_HIDE     mechanisms that it does not have, in hexadecimal, between commas

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkcs11.h"

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST ours;

static CK_RV initialize(CK_VOID_PTR args) {
  CK_C_INITIALIZE_ARGS_PTR given = args;
  if (getenv("PINPAD_UNLOCKED") && given && (given->flags & CKF_OS_LOCKING_OK)) return CKR_CANT_LOCK;
  return real->C_Initialize(args);
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  CK_RV rv = real->C_GetTokenInfo(slot, info);
  const char *flags = getenv("PINPAD_FLAGS");
  if (rv != CKR_OK) return rv;
  if (getenv("PINPAD_PIN")) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  if (flags) info->flags |= strtoul(flags, NULL, 16);
  return CKR_OK;
}

static int is_hidden(CK_MECHANISM_TYPE mechanism) {
  char name[32];
  const char *hide = getenv("PINPAD_HIDE");
  snprintf(name, sizeof name, ",%lx,", (unsigned long)mechanism);
  return hide && strstr(hide, name);
}

static CK_RV mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  CK_MECHANISM_TYPE all[512];
  CK_ULONG total = 512, shown = 0, index;
  CK_RV rv = real->C_GetMechanismList(slot, all, &total);
  if (rv != CKR_OK) return rv;
  for (index = 0; index < total; index++) {
    if (is_hidden(all[index])) continue;
    if (list) list[shown] = all[index];
    shown++;
  }
  *count = shown;
  return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  const char *log = getenv("PINPAD_LOG");
  const char *typed = getenv("PINPAD_PIN");
  FILE *file = log ? fopen(log, "a") : NULL;
  if (file) {
    fprintf(file, "%lu %lu\n", (unsigned long)user, (unsigned long)length);
    fclose(file);
  }
  if (typed && length == 0) return real->C_Login(session, user, (CK_UTF8CHAR_PTR)typed, strlen(typed));
  return real->C_Login(session, user, pin, length);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR out, CK_ULONG_PTR size) {
  const char *fail = getenv("PINPAD_FAIL");
  FILE *file = fail ? fopen(fail, "r") : NULL;
  unsigned long rv = CKR_GENERAL_ERROR;
  if (!file) return real->C_Sign(session, data, length, out, size);
  if (fscanf(file, "%lx", &rv) != 1) rv = CKR_GENERAL_ERROR;
  fclose(file);
  return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  void *library = dlopen(getenv("PINPAD_MODULE"), RTLD_NOW | RTLD_LOCAL);
  CK_C_GetFunctionList get = library ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
  if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
  memcpy(&ours, real, sizeof ours);
  ours.C_Initialize = initialize;
  ours.C_GetTokenInfo = token_info;
  ours.C_GetMechanismList = mechanism_list;
  ours.C_Login = login;
  ours.C_Sign = sign;
  *list = &ours;
  return CKR_OK;
}
