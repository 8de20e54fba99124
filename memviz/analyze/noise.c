/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/noise.h"

#include <string.h>

#include "analyze/signature.h"
#include "base/text.h"

/* What a rule's pattern is looked for in.  */
enum subject {
	SYMBOL,	    /* native: the function's qualified name begins with it */
	SYMBOL_END, /* ends in it */
	SYMBOL_IS,  /* is it */
	SOURCE,	    /* native: the path of the source begins with it, which debug information knows */
	OBJECT,	    /* native: the loaded object's name begins with it */
	UNDER,	    /* native: the object's path begins with it */
	WITHIN,	    /* native: the object's path has it */
	SCRIPT,	    /* Python: the file's path begins with it */
	FILE_HAS,   /* Python: the file's path has it; with a function, only that function */
};

struct rule {
	enum subject subject;
	const char *pattern;
	const char *function; /* Python: the last part of its name; NULL: any */
	enum mv_code code;
};

/* Order matters: what a function does before whose object it is in, for templates and inlined functions of a library are
 * compiled into other objects; and whose a file is only after what its function does.  */
static const struct rule rules[] = {
	/* Operators on their way to a kernel, and what is generated to get them there.  */
	{SYMBOL, "at::_ops::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::redispatch::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::meta::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::(anonymous namespace)::wrapper_", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::(anonymous namespace)::structured_", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::(anonymous namespace)::create_out", NULL, MV_CODE_ALLOCATOR},
	{SYMBOL, "at::TensorIterator", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::detail::empty_", NULL, MV_CODE_ALLOCATOR},
	{SYMBOL, "torch::autograd::VariableType::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "torch::ADInplaceOrView::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "torch::TraceType::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::autocast::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "at::functorch::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "torch::autograd::THPVariable_", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "torch::PythonArgParser::", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "THP", NULL, MV_CODE_DISPATCH},
	{SYMBOL, "pybind11::", NULL, MV_CODE_DISPATCH},
	/* The engine of backward, up to the node that it runs.  */
	{SYMBOL, "torch::autograd::Engine::", NULL, MV_CODE_AUTOGRAD},
	{SYMBOL, "torch::autograd::python::PythonEngine::", NULL, MV_CODE_AUTOGRAD},
	{SYMBOL, "torch::autograd::Node::operator()", NULL, MV_CODE_AUTOGRAD},
	{SYMBOL_END, "_apply_functional", NULL, MV_CODE_AUTOGRAD},
	/* The pool, and what c10 has beside it: the dispatcher's kernels, references, tensors' innards.  */
	{SYMBOL, "c10::cuda::CUDACachingAllocator::", NULL, MV_CODE_ALLOCATOR},
	{SYMBOL, "c10::cuda::", NULL, MV_CODE_ALLOCATOR},
	{SYMBOL, "c10::", NULL, MV_CODE_DISPATCH},
	/* C++'s own.  */
	{SYMBOL, "std::", NULL, MV_CODE_SYSTEM},
	{SYMBOL, "__gnu_cxx::", NULL, MV_CODE_SYSTEM},
	/* What the compiler links into every program.  */
	{SYMBOL_IS, "_start", NULL, MV_CODE_SYSTEM},
	/* What is inlined from a header that is installed.  */
	{SOURCE, "/usr/include/", NULL, MV_CODE_LIBRARY},
	{SOURCE, "/usr/local/include/", NULL, MV_CODE_LIBRARY},
	{SOURCE, "/usr/lib/gcc/", NULL, MV_CODE_LIBRARY},
	{SOURCE, "/usr/local/cuda", NULL, MV_CODE_LIBRARY},

	/* By the object: names that are the same wherever it is installed.  */
	{OBJECT, "libmemviz", NULL, MV_CODE_RECORDER},
	{OBJECT, "libc10", NULL, MV_CODE_ALLOCATOR},
	{OBJECT, "libcuda.so", NULL, MV_CODE_CUDA},
	{OBJECT, "libcudart", NULL, MV_CODE_CUDA},
	{OBJECT, "libnvidia-", NULL, MV_CODE_CUDA},
	{OBJECT, "libpython", NULL, MV_CODE_PYTHON},
	{OBJECT, "python3", NULL, MV_CODE_PYTHON},
	{WITHIN, "/lib-dynload/", NULL, MV_CODE_PYTHON},
	{OBJECT, "libc.", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libc-2.", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libpthread", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libdl.", NULL, MV_CODE_SYSTEM},
	{OBJECT, "librt.", NULL, MV_CODE_SYSTEM},
	{OBJECT, "ld-linux", NULL, MV_CODE_SYSTEM},
	{OBJECT, "ld-musl", NULL, MV_CODE_SYSTEM},
	{OBJECT, "linux-vdso", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libstdc++", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libgcc_s", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libgomp", NULL, MV_CODE_SYSTEM},
	{OBJECT, "libiomp5", NULL, MV_CODE_SYSTEM},
	/* Those that do something: their functions tell what.  */
	{OBJECT, "libtorch", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcublas", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcudnn", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcusparse", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcusolver", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcufft", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcurand", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libcupti", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libnvrtc", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libnccl", NULL, MV_CODE_LIBRARY},
	{OBJECT, "libnvshmem", NULL, MV_CODE_LIBRARY},
	/* By the place where it is installed, or where a library had it made.  */
	{WITHIN, "/site-packages/", NULL, MV_CODE_LIBRARY},
	{WITHIN, "/dist-packages/", NULL, MV_CODE_LIBRARY},
	{WITHIN, "/torch_extensions/", NULL, MV_CODE_LIBRARY},
	{WITHIN, "/torchinductor_", NULL, MV_CODE_LIBRARY},
	{WITHIN, "/.triton/", NULL, MV_CODE_LIBRARY},
	{UNDER, "/usr/lib", NULL, MV_CODE_LIBRARY},
	{UNDER, "/lib", NULL, MV_CODE_LIBRARY},
	{UNDER, "/usr/local/lib", NULL, MV_CODE_LIBRARY},
	{UNDER, "/usr/local/cuda", NULL, MV_CODE_LIBRARY},
	{UNDER, "/nix/store/", NULL, MV_CODE_LIBRARY},

	/* What a person typed, or gave as text: in a notebook, at a prompt, behind -c, to exec.  Dataclasses are made from
	 * text, too, but what asks for memory in them is called by them and lies further in.  */
	{SCRIPT, "<stdin>", NULL, MV_CODE_OWN},
	{SCRIPT, "<string>", NULL, MV_CODE_OWN},
	{SCRIPT, "<console>", NULL, MV_CODE_OWN},
	{SCRIPT, "<input>", NULL, MV_CODE_OWN},
	{SCRIPT, "<ipython-input-", NULL, MV_CODE_OWN},
	{SCRIPT, "<command-", NULL, MV_CODE_OWN},
	/* Any other name of no file was made up by a program.  */
	{SCRIPT, "<", NULL, MV_CODE_PYTHON},
	/* Functions that call what they were given, and nothing else.  */
	{FILE_HAS, "/torch/nn/modules/module.py", "_call_impl", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/nn/modules/module.py", "_wrapped_call_impl", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/nn/modules/module.py", "_slow_forward", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/nn/modules/module.py", "inner", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/nn/modules/container.py", "forward", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/optim/optimizer.py", "wrapper", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/optim/optimizer.py", "_use_grad", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/utils/_contextlib.py", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/utils/_device.py", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/amp/autocast_mode.py", "decorate_autocast", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/autograd/function.py", "apply", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_ops.py", "__call__", MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/overrides.py", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_compile.py", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_dynamo/", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_functorch/", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_inductor/", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/fx/", NULL, MV_CODE_DISPATCH},
	{FILE_HAS, "/torch/_tensor.py", "backward", MV_CODE_AUTOGRAD},
	{FILE_HAS, "/torch/autograd/__init__.py", "backward", MV_CODE_AUTOGRAD},
	{FILE_HAS, "/torch/autograd/graph.py", "_engine_run_backward", MV_CODE_AUTOGRAD},
	{FILE_HAS, "/transformers/utils/", NULL, MV_CODE_WRAPPER},
	{FILE_HAS, "/accelerate/utils/operations.py", NULL, MV_CODE_WRAPPER},
	{FILE_HAS, "/accelerate/hooks.py", "new_forward", MV_CODE_WRAPPER},
	{FILE_HAS, "/deepspeed/utils/nvtx.py", NULL, MV_CODE_WRAPPER},
	{FILE_HAS, "/pytorch/trainer/call.py", NULL, MV_CODE_WRAPPER},
	/* Installed, fetched or generated; somebody else's in any case.  Packages before Python's own library, which they
	 * lie below.  A package in editable mode lies in none of these: who works on it is its author.  */
	{FILE_HAS, "/site-packages/", NULL, MV_CODE_LIBRARY},
	{FILE_HAS, "/dist-packages/", NULL, MV_CODE_LIBRARY},
	{FILE_HAS, "/torch/hub/", NULL, MV_CODE_LIBRARY},
	{FILE_HAS, "/transformers_modules/", NULL, MV_CODE_LIBRARY},
	{FILE_HAS, "/torchinductor_", NULL, MV_CODE_LIBRARY},
	{FILE_HAS, "/lib/python3", NULL, MV_CODE_PYTHON},
	{FILE_HAS, "/lib64/python3", NULL, MV_CODE_PYTHON},
};

enum { RULES = sizeof rules / sizeof *rules };

struct name {
	const char *text;
	size_t length;
};

static bool begins(const struct name *name, const char *pattern)
{
	size_t wanted = strlen(pattern);

	return name->length >= wanted && !memcmp(name->text, pattern, wanted);
}

static bool ends(const struct name *name, const char *pattern)
{
	size_t wanted = strlen(pattern);

	return name->length >= wanted && !memcmp(name->text + name->length - wanted, pattern, wanted);
}

static bool fits_native(const struct rule *rule, const struct mv_place *place, const struct name *name)
{
	switch (rule->subject) {
	case SYMBOL:
		return begins(name, rule->pattern);
	case SYMBOL_END:
		return ends(name, rule->pattern);
	case SYMBOL_IS:
		return begins(name, rule->pattern) && name->length == strlen(rule->pattern);
	case SOURCE:
		return mv_text_starts(place->file, rule->pattern);
	case OBJECT:
		return mv_text_starts(mv_text_base_name(place->module), rule->pattern);
	case UNDER:
		return mv_text_starts(place->module, rule->pattern);
	case WITHIN:
		return strstr(place->module, rule->pattern);
	case SCRIPT:
	case FILE_HAS:
		break;
	}
	return false;
}

static bool fits_python(const struct rule *rule, const struct mv_place *place)
{
	if (rule->subject == SCRIPT)
		return mv_text_starts(place->file, rule->pattern);
	return rule->subject == FILE_HAS && strstr(place->file, rule->pattern) &&
	       (!rule->function || mv_text_equal(mv_signature_method(place->function), rule->function));
}

unsigned mv_noise_rules(void)
{
	return RULES;
}

unsigned mv_noise_rule(const struct mv_place *place)
{
	struct name name = {.length = 0};
	unsigned i;

	if (place->kind == MV_FRAME_NATIVE)
		name.text = mv_signature_name(place->function, &name.length);
	for (i = 0; i < RULES; i++)
		if (place->kind == MV_FRAME_NATIVE ? fits_native(&rules[i], place, &name) : fits_python(&rules[i], place))
			break;
	return i;
}

/* Of what nobody knows where it is from, it cannot be said that it is the user's.  */
enum mv_code mv_noise_code(const struct mv_place *place)
{
	unsigned rule = mv_noise_rule(place);

	if (rule < RULES)
		return rules[rule].code;
	return *(place->kind == MV_FRAME_NATIVE ? place->module : place->file) ? MV_CODE_OWN : MV_CODE_LIBRARY;
}
