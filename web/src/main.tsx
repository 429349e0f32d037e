import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/views.css';
import 'uplot/dist/uPlot.min.css';

import {render} from 'preact';

import {App} from './app';
import {detectLanguage} from './i18n';
import {detectTheme} from './theme';

detectTheme();
detectLanguage();
const place = document.getElementById('app');
if (place) render(<App />, place);
