/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin whose constructor calls the program that loads it.  */
void acts_construct(void);

__attribute__((constructor)) static void construct(void)
{
	acts_construct();
}
