import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPython, isNewEnough, type Probe, PythonNotFound, type PythonSources } from '../../src/python';

const SOURCES: PythonSources = { setting: '', chosen: undefined, installed: [['python3'], ['python'], ['python3.12']] };

/** A machine on which only these commands are Pythons, with these versions. */
function machine(versions: Readonly<Record<string, string>>): Probe {
  return command => {
    const version = versions[command.join(' ')];
    return version === undefined ? Promise.reject(new Error('spawn ENOENT')) : Promise.resolve(version);
  };
}

async function refusal(sources: PythonSources, versions: Readonly<Record<string, string>>): Promise<PythonNotFound> {
  try {
    await findPython(sources, machine(versions));
  } catch (error) {
    assert.ok(error instanceof PythonNotFound);
    return error;
  }
  return assert.fail('a Python was found');
}

test('the first one that is new enough is used: setting, Python extension, PATH', async () => {
  const versions = { '/mine': '3.12.1', '/venv/python': '3.13.0', python3: '3.11.2', python: '3.14.0' };
  const found = async (sources: Partial<PythonSources>) => {
    const { command, version } = await findPython({ ...SOURCES, ...sources }, machine(versions));
    return [...command, version];
  };
  assert.deepEqual(await found({ setting: '/mine', chosen: '/venv/python' }), ['/mine', '3.12.1']);
  assert.deepEqual(await found({ chosen: '/venv/python' }), ['/venv/python', '3.13.0']);
  assert.deepEqual(await found({}), ['python3', '3.11.2']);
});

test('the Python of the Python extension is skipped if it is too old or missing', async () => {
  const versions = { '/venv/python': '3.9.18', python3: '3.11.2' };
  assert.deepEqual((await findPython({ ...SOURCES, chosen: '/venv/python' }, machine(versions))).command, ['python3']);
  assert.deepEqual((await findPython({ ...SOURCES, chosen: '/gone' }, machine(versions))).command, ['python3']);
});

test('a Python with its version in its name is found after an old python3', async () => {
  const { command } = await findPython(SOURCES, machine({ python3: '3.9.6', 'python3.12': '3.12.4' }));
  assert.deepEqual(command, ['python3.12']);
});

test('arguments of a command are kept', async () => {
  const sources = { ...SOURCES, installed: [['py', '-3'], ['python3']] as const };
  const { command } = await findPython(sources, machine({ 'py -3': '3.12.0', python3: '3.11.0' }));
  assert.deepEqual(command, ['py', '-3']);
});

test('a batch file is refused, and not started', async () => {
  const shim = 'C:\\Users\\Jürgen Müller\\.pyenv\\pyenv-win\\shims\\python.BAT';
  const { message } = await refusal({ ...SOURCES, setting: shim }, { [shim]: '3.12.0' });
  assert.equal(
    message,
    `layerg-pin needs Python 3.11 or newer, but the setting layergPin.python does not run: ${shim}: ` +
      'is a batch file; name the python.exe that it runs',
  );
});

test('the Python of the setting is used or refused, and no other is tried', async () => {
  const versions = { '/old': '3.10.1', python3: '3.12.0' };
  const old = await refusal({ ...SOURCES, setting: '/old' }, versions);
  assert.equal(
    old.message,
    'layerg-pin needs Python 3.11 or newer, but the setting layergPin.python is an older one: /old is 3.10.1',
  );
  const gone = await refusal({ ...SOURCES, setting: '/gone' }, versions);
  assert.equal(
    gone.message,
    'layerg-pin needs Python 3.11 or newer, but the setting layergPin.python does not run: ' + '/gone: spawn ENOENT',
  );
  assert.deepEqual(gone.tried, ['/gone: spawn ENOENT']);
});

test('the error is one sentence', async () => {
  const none = await refusal(SOURCES, {});
  assert.equal(none.message, 'layerg-pin needs Python 3.11 or newer, but none was found');
  const old = await refusal(SOURCES, { python3: '3.9.6' });
  assert.equal(
    old.message,
    'layerg-pin needs Python 3.11 or newer, but the newest one found is older: python3 is 3.9.6',
  );
  assert.ok(old.tried.includes('python3: 3.9.6'));
});

test('versions are compared as numbers', () => {
  for (const version of ['3.11.0', '3.13.1', '3.100.0', '4.0.0']) {
    assert.equal(isNewEnough(version), true, version);
  }
  for (const version of ['3.10.14', '3.9.6', '2.7.18', '3', '', 'Python 3.12']) {
    assert.equal(isNewEnough(version), false, version);
  }
});
